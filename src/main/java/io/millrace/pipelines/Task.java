package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a component gets to do one attempt of one step. */
public interface Task {
  String runId();

  String stepId();

  /**
   * This attempt's name, RUN/STEP-ATTEMPT: the same for a server that comes later, and no other
   * attempt's.
   */
  default String attempt() {
    return runId() + "/" + folder().getFileName();
  }

  /**
   * The values given under {@code with} (defaults filled in, expressions evaluated), artifacts left
   * out.
   */
  Map<String, JsonNode> values();

  /** The value, or null if it was not given and has no default. */
  default @Nullable JsonNode value(String name) {
    return values().get(name);
  }

  /** The artifacts given under {@code with}, by input name. */
  Map<String, ArtifactRef> artifacts();

  /** What {@link Component#pins} resolved to. */
  Map<String, ArtifactRef> pins();

  /** The text of the project's file that this FILE input names. */
  String file(String input);

  /** A folder of this attempt's own, empty at the start, deleted after the end. */
  Path folder();

  /** Adds a line to the step's log. */
  void log(String line);

  /** Shows how far the step is: a short text, and the share done from 0 to 1 or NaN if unknown. */
  void progress(String doing, double share);

  /** The step's experiment run, opened at the first call. */
  RunLog run();

  /**
   * Runs an action, once, from another thread, if the step is cancelled; at once if it already is.
   */
  void onCancel(Runnable action);

  boolean cancelled();
}
