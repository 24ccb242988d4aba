package io.millrace.serving.oip;

import io.millrace.base.Json;
import io.millrace.serving.Inference;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Predictions over REST: POST /v2/models/NAME[/versions/V]/infer. This one call has a route of its
 * own, straight from the HTTP server, since all that stands between costs more than a small model.
 */
@Singleton
final class InferRoute {
  private static final String MODELS = "/v2/models/";
  private static final String VERSIONS = "/versions/";
  private static final String INFER = "/infer";

  private final Inference inference;
  private final BodyLimit limit;

  @Inject
  InferRoute(Inference inference, BodyLimit limit) {
    this.inference = inference;
    this.limit = limit;
  }

  void register(@Observes Router router) {
    router.route(MODELS + "*").order(0).handler(this::call);
  }

  /** Which model a path names. */
  record Target(String model, @Nullable String version) {
    /** Null where the path is another one. */
    static @Nullable Target of(@Nullable String path) {
      if (path == null || !path.startsWith(MODELS) || !path.endsWith(INFER)) return null;
      int end = path.length() - INFER.length();
      int slash = path.indexOf('/', MODELS.length());
      if (slash == end) return new Target(decoded(path.substring(MODELS.length(), end)), null);
      int version = slash + VERSIONS.length();
      if (!path.startsWith(VERSIONS, slash) || path.indexOf('/', version) != end) return null;
      return new Target(
          decoded(path.substring(MODELS.length(), slash)), decoded(path.substring(version, end)));
    }

    /** A path holds a plus as it is, unlike a form. */
    private static String decoded(String segment) {
      return segment.indexOf('%') < 0
          ? segment
          : URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
  }

  private void call(RoutingContext context) {
    var path = context.request().path();
    var target = Target.of(path);
    if (target == null) context.next();
    else if (HttpMethod.POST.equals(context.request().method()))
      new InferCall(context, target, inference, limit).begin();
    else
      context
          .response()
          .setStatusCode(405)
          .putHeader("Allow", "POST")
          .putHeader("Content-Type", "application/json")
          .end(
              Json.write(
                  Json.object().put("error", "%s is asked by POST; see /openapi".formatted(path))));
  }
}
