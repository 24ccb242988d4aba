package io.millrace.experiments.mlflow;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The calls of one part of the protocol: a table from method and path to what answers. */
public abstract class Calls {
  private final List<Route> routes = new ArrayList<>();

  /** Answers one call: writes the fields of a JSON object that is begun and ended for it. */
  public interface Call {
    void answer(Request request, JsonGenerator out) throws IOException;
  }

  /**
   * A call's place.
   *
   * @param version 2.0 or 3.0
   * @param path below /mlflow, such as logged-models/{model_id}/tags
   */
  public record Route(String method, String version, String path, Call call) {
    private static final Pattern FIELD = Pattern.compile("\\{(\\w+)}");

    /** What the path's fields hold, where this is the route of that path. */
    Optional<Map<String, String>> match(String version, String[] segments) {
      if (!this.version.equals(version)) return Optional.empty();
      var own = path.split("/");
      if (own.length != segments.length) return Optional.empty();
      var fields = new HashMap<String, String>();
      for (int i = 0; i < own.length; i++) {
        var field = FIELD.matcher(own[i]);
        if (field.matches()) fields.put(field.group(1), segments[i]);
        else if (!own[i].equals(segments[i])) return Optional.empty();
      }
      return Optional.of(fields);
    }
  }

  protected void route(String methods, String path, Call call) {
    route(methods, "2.0", path, call);
  }

  protected void route(String methods, String version, String path, Call call) {
    for (var method : Arrays.asList(methods.split(" ")))
      routes.add(new Route(method, version, path, call));
  }

  public List<Route> routes() {
    return routes;
  }
}
