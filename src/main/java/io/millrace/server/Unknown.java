package io.millrace.server;

import io.millrace.base.Json;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Answers where no route does. */
@Singleton
final class Unknown {
  void register(@Observes Router router) {
    router
        .route()
        .last()
        .handler(
            context ->
                context
                    .response()
                    .setStatusCode(404)
                    .putHeader("Content-Type", "application/json")
                    .end(Json.write(Json.object().put("error", ErrorDocuments.missing(context.request().path())))));
  }
}
