package io.millrace.server;

import io.millrace.base.Failure;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Objects;

/** Answers where no route does, what the HTTP layer itself refuses, and what a route fails with. */
@Singleton
final class Unknown {
  private static final int FIRST = -2_000_000;

  void register(@Observes Router router) {
    router.route().order(FIRST).failureHandler(Unknown::refused);
    // A path that cannot be decoded matches no route, not even for its failure.
    router.errorHandler(400, Unknown::undecodable);
    router
        .route()
        .last()
        .handler(context ->
            answer(
                context,
                404,
                ErrorDocuments.missing(Objects.requireNonNullElse(context.request().path(), "/"))));
  }

  private static void refused(RoutingContext context) {
    int status = context.statusCode();
    var failure = context.failure();
    if (context.response().headWritten()) {
      context.next();
      return;
    }
    if (failure instanceof Failure told) {
      answer(context, ErrorDocument.of(told));
      return;
    }
    if (status < 400 || status > 499) {
      if (failure == null) context.next();
      else answer(context, ErrorDocument.unexpected(failure));
      return;
    }
    answer(
        context,
        status,
        failure == null || failure.getMessage() == null
            ? "the request is not valid HTTP"
            : failure.getMessage());
  }

  private static void undecodable(RoutingContext context) {
    if (context.response().headWritten()) return;
    var uri = Objects.requireNonNullElse(context.request().uri(), "");
    answer(
        context,
        400,
        "the address \"%s\" is no path that can be read; see /openapi for what there is"
            .formatted(uri.length() <= 200 ? uri : uri.substring(0, 200) + "..."));
  }

  private static void answer(RoutingContext context, int status, String message) {
    answer(context, new ErrorDocument(status, message));
  }

  private static void answer(RoutingContext context, ErrorDocument document) {
    var response = context.response();
    if (document.retryAfterSeconds() > 0)
      response.putHeader("Retry-After", String.valueOf(document.retryAfterSeconds()));
    response
        .setStatusCode(document.status())
        .putHeader("Content-Type", "application/json")
        .end(document.json());
  }
}
