package io.millrace.serving;

import io.millrace.base.NotFound;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The endpoints as the model repository that clients of the protocol load from and unload. To
 * unload a model is to take its endpoint out of service, and to load it is to deploy again what the
 * endpoint served last; both are durable and in the graph.
 */
public final class ServedRepository {
  private final Endpoints endpoints;

  public ServedRepository(Endpoints endpoints) {
    this.endpoints = endpoints;
  }

  /**
   * A line of the index.
   *
   * @param reason why it is not ready; empty if it is
   */
  public record Entry(EndpointName name, String version, boolean ready, String reason) {}

  /** All endpoints that there ever were, by name. */
  public List<Entry> index(boolean readyOnly) {
    var entries = new ArrayList<Entry>();
    for (var endpoint : endpoints.list()) {
      if (readyOnly && !endpoint.ready()) continue;
      entries.add(
          new Entry(
              endpoint.name(),
              number(endpoint.deployment()),
              endpoint.ready(),
              endpoint.reason().orElse("")));
    }
    if (!readyOnly) {
      for (var deployment : endpoints.retired())
        entries.add(new Entry(deployment.endpoint(), number(deployment), false, "unloaded"));
    }
    entries.sort(Comparator.comparing(Entry::name));
    return entries;
  }

  /** Returns when the endpoint answers; does nothing if it does already. */
  public void load(EndpointName name) {
    var last =
        endpoints.history(name).stream()
            .findFirst()
            .orElseThrow(() ->
                new NotFound(
                    "endpoint \"%s\" never served anything: deploy a model version to it first, millrace deploy %s --model NAME"
                        .formatted(name, name)));
    var ready =
        endpoints.list().stream()
            .anyMatch(endpoint -> endpoint.name().equals(name) && endpoint.ready());
    if (!ready) endpoints.deploy(name, last.version().toString());
  }

  /** Requests under way still get their answers. */
  public void unload(EndpointName name) {
    endpoints.delete(name);
  }

  private static String number(Deployment deployment) {
    return String.valueOf(deployment.version().number());
  }
}
