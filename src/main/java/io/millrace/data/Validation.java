package io.millrace.data;

import io.millrace.base.InvalidInput;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a contract's check of some data found.
 *
 * @param nulls missing values of all columns together
 * @param quarantined rows that break at least one rule of {@link OnFailure#QUARANTINE}
 * @param findings one a condition, also of those that hold
 */
public record Validation(long rows, long nulls, long quarantined, List<Finding> findings) {
  public Validation {
    findings = List.copyOf(findings);
  }

  public List<Finding> broken() {
    return findings.stream().filter(Finding::broken).toList();
  }

  public List<Finding> broken(OnFailure onFailure) {
    return findings.stream().filter(f -> f.broken() && f.onFailure() == onFailure).toList();
  }

  /** InvalidInput with every broken rule that stops: how many rows, examples, what to do. */
  public void stopIfBroken(String what) {
    var stops = broken(OnFailure.STOP);
    if (stops.isEmpty()) return;
    throw new InvalidInput(
        "%s breaks its contract (%,d rows checked):\n%s"
            .formatted(
                what,
                rows,
                stops.stream().map(f -> "  " + f.text()).collect(Collectors.joining("\n"))));
  }
}
