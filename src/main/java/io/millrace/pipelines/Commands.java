package io.millrace.pipelines;

import io.millrace.base.Unavailable;
import io.millrace.governance.Secrets;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What steps need of their surroundings, and those that run commands above all.
 *
 * @param server the URL of this server for the tracking protocol's clients, once it listens
 * @param secrets what commands can be given, or null where that is none
 * @param capacities how much there is of what steps take while they work
 */
public record Commands(
    Runner runner, Supplier<String> server, @Nullable Secrets secrets, Capacities capacities) {
  public Commands(Runner runner, Supplier<String> server) {
    this(runner, server, null, Capacities.ofMachine());
  }

  Secrets secretsOrRefuse() {
    if (secrets == null)
      throw new Unavailable("there are no secrets here; remove secrets: from the step");
    return secrets;
  }
}
