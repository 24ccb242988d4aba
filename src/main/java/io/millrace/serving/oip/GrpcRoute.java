package io.millrace.serving.oip;

import io.millrace.base.Json;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/** gRPC on the server's own port: calls are plain requests of HTTP/2 under the service's name. */
@Singleton
final class GrpcRoute {
  private final GrpcMethods methods;
  private final BodyLimit limit;

  @Inject
  GrpcRoute(GrpcMethods methods, BodyLimit limit) {
    this.methods = methods;
    this.limit = limit;
  }

  void register(@Observes Router router) {
    for (var service : GrpcMethods.SERVICES)
      router.route("/" + service + "/*").order(0).handler(this::call);
  }

  private void call(RoutingContext context) {
    var request = context.request();
    var type = request.getHeader("Content-Type");
    var path = request.path();
    if (path == null
        || !HttpMethod.POST.equals(request.method())
        || request.version() != HttpVersion.HTTP_2
        || type == null
        || !(type.equals("application/grpc") || type.startsWith("application/grpc+"))) {
      context
          .response()
          .setStatusCode(415)
          .putHeader("Content-Type", "application/json")
          .end(
              Json.write(
                  Json.object()
                      .put(
                          "error",
                          "this is called by gRPC over HTTP/2, with POST and Content-Type application/grpc; over REST the protocol is at /v2")));
      return;
    }
    new GrpcCall(Loop.current(context.vertx()), request, path.substring(1), methods, limit).begin();
  }
}
