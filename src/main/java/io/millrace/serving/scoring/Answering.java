package io.millrace.serving.scoring;

import io.millrace.base.Names;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.registry.ModelRegistry;
import io.millrace.registry.ModelVersion;
import io.millrace.serving.Endpoints;

/**
 * Whose answers a text asks for: an endpoint's, so those of the version it serves, or a model's.
 */
final class Answering {
  private final Endpoints endpoints;
  private final ModelRegistry registry;

  Answering(Endpoints endpoints, ModelRegistry registry) {
    this.endpoints = endpoints;
    this.registry = registry;
  }

  /**
   * The version that ENDPOINT, NAME/VERSION, NAME@ALIAS or NAME (its newest) means now; an endpoint
   * comes before a model of its name.
   */
  ModelVersion version(Snapshot s, String text) {
    var deployed = endpoints.deployed(s);
    for (var deployment : deployed)
      if (deployment.endpoint().value().equals(text))
        return registry.version(s, deployment.version());
    try {
      return registry.resolve(s, text);
    } catch (NotFound e) {
      if (text.indexOf('/') >= 0 || text.indexOf('@') >= 0) throw e;
      var names = deployed.stream().map(d -> d.endpoint().value()).toList();
      throw new NotFound(
          "no endpoint and no model \"%s\"%s".formatted(text, Names.suggestion(text, names)));
    }
  }
}
