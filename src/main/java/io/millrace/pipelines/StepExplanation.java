package io.millrace.pipelines;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Why a step of a run was worked on, or was not.
 *
 * @param from on a hit, the step that made the result
 * @param against on a miss, the earlier run whose key was compared
 * @param changes on a miss, what is another in the key
 * @param reason all of it in words
 */
public record StepExplanation(
    String step,
    String uses,
    StepState state,
    Cache cache,
    @Nullable Origin from,
    @Nullable String against,
    List<KeyChange> changes,
    String reason) {
  public StepExplanation {
    changes = List.copyOf(changes);
  }

  /** A step of a run. */
  public record Origin(String run, String step) {}

  /** What the cache gave. */
  public enum Cache {
    HIT,
    MISS,
    /** It was not asked: the step had no key, or did not come so far. */
    NONE;

    @JsonValue
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
