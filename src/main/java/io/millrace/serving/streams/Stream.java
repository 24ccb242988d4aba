package io.millrace.serving.streams;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A stream and how it goes. What is counted is counted since the server started.
 *
 * @param lag records that were not answered yet; null where that is not known
 * @param retries how often a record had to be asked about again
 * @param lastError what went wrong last; it may be over
 */
public record Stream(
    StreamDefinition definition,
    State state,
    @Nullable Long lag,
    long answered,
    long deadLetters,
    long retries,
    @Nullable Trouble lastError) {

  public enum State {
    RUNNING,
    /** It tries again and again what does not succeed; the last error says what. */
    RETRYING,
    STOPPED
  }

  /** What went wrong. */
  public record Trouble(String what, Instant at) {}
}
