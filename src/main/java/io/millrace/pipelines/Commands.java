package io.millrace.pipelines;

import io.millrace.base.Unavailable;
import io.millrace.governance.Secrets;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What steps that run commands need of their surroundings.
 *
 * @param server the URL of this server for the tracking protocol's clients, once it listens
 * @param secrets what commands can be given, or null where that is none
 */
public record Commands(Runner runner, Supplier<String> server, @Nullable Secrets secrets) {
  public Commands(Runner runner, Supplier<String> server) {
    this(runner, server, null);
  }

  Secrets secretsOrRefuse() {
    if (secrets == null)
      throw new Unavailable("there are no secrets here; remove secrets: from the step");
    return secrets;
  }
}
