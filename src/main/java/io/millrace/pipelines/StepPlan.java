package io.millrace.pipelines;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the next run would do with a step.
 *
 * @param because the chain of reasons, the first cause first
 * @param changes what is another in its key than at the last run, where the key is known
 * @param seconds what it costs if it runs: the median of its last runs; null if it never ran
 */
public record StepPlan(
    String step,
    String uses,
    Verdict verdict,
    List<String> because,
    List<KeyChange> changes,
    @Nullable Double seconds) {
  public StepPlan {
    because = List.copyOf(because);
    changes = List.copyOf(changes);
  }
}
