package io.millrace.serving.scoring;

import io.millrace.base.Names;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.registry.ModelRegistry;
import io.millrace.registry.ModelVersion;
import io.millrace.serving.Endpoint;
import io.millrace.serving.EndpointName;
import io.millrace.serving.Endpoints;
import java.util.regex.Pattern;

/**
 * Whose answers a text asks for: an endpoint's, so those of the version it serves, or a model's.
 */
final class Answering {
  private static final Pattern ENDPOINT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

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
    if (ENDPOINT.matcher(text).matches()) {
      var deployed = endpoints.deployed(s, new EndpointName(text));
      if (deployed.isPresent()) return registry.version(s, deployed.get().version());
    }
    try {
      return registry.resolve(s, text);
    } catch (NotFound e) {
      if (text.indexOf('/') >= 0 || text.indexOf('@') >= 0) throw e;
      var names = endpoints.list().stream().map(Endpoint::name).map(EndpointName::value).toList();
      throw new NotFound(
          "no endpoint and no model \"%s\"%s".formatted(text, Names.suggestion(text, names)));
    }
  }
}
