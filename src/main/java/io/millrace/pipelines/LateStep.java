package io.millrace.pipelines;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is special of a step that runs after the ordinary ones: they may have ended anyhow, so what
 * it refers to may be missing, and it may ask what the run came to.
 */
final class LateStep {
  private LateStep() {}

  /** As of any step; those that ended without outputs are there, so that has(...) can ask. */
  static Scope scope(LiveRun run, StepDefinition step) {
    var steps = new HashMap<String, Outputs>(run.outputs);
    step.needs().keySet().forEach(need -> steps.putIfAbsent(need, Outputs.NONE));
    var error = run.error();
    return new Scope(
        run.params,
        steps,
        Map.of("state", run.reached(step.turn()).text(), "error", error == null ? "" : error));
  }

  /** Why it does not run, or null. */
  static @Nullable String reasonToSkip(LiveRun run, StepDefinition step, Scope scope) {
    if (step.turn() == Turn.ON_FAILURE && !run.hasFailed()) return "no step failed";
    for (var expression : step.expressions().toList()) {
      if (expression.asks()) continue;
      for (var reference : expression.references()) {
        if (scope.value(reference) != null || scope.artifact(reference) != null) continue;
        var state = run.await(reference.step());
        return "it refers to steps.%s.outputs.%s, which is not there: %s"
            .formatted(
                reference.step(),
                reference.output(),
                state.isDone()
                    ? "the step gave none this time"
                    : "the step %s"
                        .formatted(state == StepState.FAILED ? "failed" : "was " + state.text()));
      }
    }
    return null;
  }
}
