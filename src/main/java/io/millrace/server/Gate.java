package io.millrace.server;

import io.millrace.base.Json;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What every request meets first, before any route: names that are not this machine's own are
 * refused (a web page elsewhere must not reach the server through a visitor's browser), and so are
 * bodies that say they are too large.
 */
@Singleton
final class Gate {
  private static final Set<String> ANY_HOST = Set.of("/health", "/version");
  private static final int FIRST = 1_000_000;

  private final Limits limits;

  /** The header Host of the last request that came to this machine's own name. */
  private volatile String own = "";

  Gate(Limits limits) {
    this.limits = limits;
  }

  void register(@Observes Filters filters) {
    filters.register(this::pass, FIRST);
  }

  private void pass(RoutingContext context) {
    var request = context.request();
    var foreign = foreign(request);
    if (foreign != null) {
      answer(context, 403, foreign);
      return;
    }
    var path = Objects.requireNonNullElse(request.path(), "/");
    var limit = limits.of(request.method().name(), path);
    if (declared(request) > limit) {
      answer(context, 413, Limits.message(path, limit));
      return;
    }
    context.next();
  }

  private @Nullable String foreign(HttpServerRequest request) {
    var origin = request.getHeader(HttpHeaders.ORIGIN);
    if (origin != null && !local(origin)) {
      return "Origin %s is not this machine: pages of other sites may not use this server"
          .formatted(shown(origin));
    }
    if (ANY_HOST.contains(request.path())) return null;
    var hosts = request.headers().getAll(HttpHeaders.HOST);
    if (hosts.size() == 1 && hosts.getFirst().equals(own)) return null;
    var host = request.authority();
    if (host != null && hosts.size() <= 1 && Loopback.isLoopback(host.host())) {
      if (hosts.size() == 1) own = hosts.getFirst();
      return null;
    }
    return "Host %s is not this machine: use http://127.0.0.1 or http://localhost with the server's port"
        .formatted(shown(host == null ? "" : host.host()));
  }

  private static boolean local(String origin) {
    try {
      var host = URI.create(origin).getHost();
      return host != null && Loopback.isLoopback(host);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String shown(String text) {
    return "\"" + (text.length() <= 100 ? text : text.substring(0, 100) + "...") + "\"";
  }

  private static long declared(HttpServerRequest request) {
    var length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    try {
      return length == null ? 0 : Long.parseLong(length);
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  /** Answers at once, whatever the client still sends. */
  private static void answer(RoutingContext context, int status, String message) {
    Limits.discardRest(context.request());
    context
        .response()
        .setStatusCode(status)
        .putHeader("Content-Type", "application/json")
        .putHeader("X-Content-Type-Options", "nosniff")
        .putHeader("X-Frame-Options", "SAMEORIGIN")
        .end(Json.write(Json.object().put("error", message)));
  }
}
