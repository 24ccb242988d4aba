package io.millrace.experiments;

import java.util.Optional;

/** Where a run's or a model's files lie, as the URI that clients see. */
public final class ArtifactRoot {
  private static final String SCHEME = "mlflow-artifacts:/";

  private ArtifactRoot() {}

  /** The path below this server's own files; empty for a URI of elsewhere. */
  public static Optional<String> path(String uri) {
    if (!uri.startsWith(SCHEME) || uri.startsWith(SCHEME + "/")) return Optional.empty();
    return Optional.of(uri.substring(SCHEME.length()));
  }
}
