package io.millrace.pipelines;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One time that a trigger fired, or that somebody asked for a run.
 *
 * @param trigger what was waited for; null where somebody asked
 * @param kind of the trigger; {@code call} or {@code backfill} where somebody asked
 * @param evidence what made it fire
 * @param dueAt when its run is to begin
 * @param error why there is no run
 * @param batch the backfill that it belongs to
 * @param depth how many firings led to it, itself included, each by the run of the one before
 */
public record Firing(
    String id,
    String pipeline,
    @Nullable String trigger,
    String kind,
    JsonNode evidence,
    JsonNode params,
    State state,
    Instant dueAt,
    @Nullable String run,
    @Nullable String error,
    @Nullable String batch,
    int depth,
    Instant firedAt) {

  /** How far it has come. */
  public enum State {
    /** Waits for more rows. */
    GATHERING,
    /** Its run begins when it is due. */
    DUE,
    STARTED,
    /** It has no run and gets none. */
    REFUSED;

    @JsonValue
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
