package io.millrace.pipelines;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What came of doing a step's work again, with all that it needs, from what went in then.
 *
 * @param steps in the order in which they were done
 * @param notes what was not as it was then, such as the program
 */
public record Reproduction(String run, String step, List<Redone> steps, List<String> notes) {
  public Reproduction {
    steps = List.copyOf(steps);
    notes = List.copyOf(notes);
  }

  /**
   * A step that was done again.
   *
   * @param outputs those that differ
   */
  public record Redone(String step, Likeness likeness, double seconds, List<Output> outputs) {
    public Redone {
      outputs = List.copyOf(outputs);
    }
  }

  /**
   * @param worst the greatest relative difference of two metrics, of reports
   */
  public record Output(
      String name, @Nullable JsonNode then, @Nullable JsonNode now, @Nullable Double worst) {}

  /** How like the work then and now are. */
  public enum Likeness {
    /** Every output has the digest, or the value, that it had. */
    BIT_EQUAL,
    /** Reports differ, their metrics lie within the tolerance. */
    METRIC_EQUAL,
    DIFFERENT;

    @JsonValue
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
