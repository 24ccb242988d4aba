package io.millrace.server;

import io.millrace.base.Json;
import jakarta.inject.Singleton;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jspecify.annotations.Nullable;

/**
 * Refuses a body that says it is packed: it would be read as it stands. Requests for predictions do
 * not come here, and are unpacked by their protocol.
 */
@Singleton
public final class Encodings {
  @ServerRequestFilter
  public @Nullable Response refusePacked(ContainerRequestContext request) {
    var encoding = request.getHeaderString(HttpHeaders.CONTENT_ENCODING);
    if (encoding == null || encoding.isBlank() || encoding.strip().equalsIgnoreCase("identity"))
      return null;
    var shown = encoding.length() <= 50 ? encoding : encoding.substring(0, 50) + "...";
    return Response.status(Response.Status.UNSUPPORTED_MEDIA_TYPE)
        .type(MediaType.APPLICATION_JSON_TYPE)
        .header(HttpHeaders.ACCEPT_ENCODING, "identity")
        .entity(
            Json.write(
                Json.object()
                    .put(
                        "error",
                        "Content-Encoding \"%s\" is not read here: send the body as it is, without that header"
                            .formatted(shown))))
        .build();
  }
}
