package io.millrace.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.millrace.base.Failure;
import io.millrace.base.Json;
import io.vertx.core.http.HttpClosedException;
import jakarta.inject.Singleton;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.CharConversionException;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/** Answers what a resource throws. */
@Singleton
public final class ErrorDocuments {
  @ServerExceptionMapper
  public Response failure(Failure failure) {
    return response(ErrorDocument.of(failure));
  }

  @ServerExceptionMapper
  public Response json(JsonProcessingException e) {
    return failure(Documents.wrong(e));
  }

  @ServerExceptionMapper
  public Response encoding(CharConversionException e) {
    return failure(Json.invalid(e));
  }

  /** Named because the framework has a mapper of its own for it. */
  @ServerExceptionMapper
  public Response mismatch(MismatchedInputException e) {
    return failure(Documents.wrong(e));
  }

  @ServerExceptionMapper
  public Response refusedByTheFramework(WebApplicationException e, UriInfo uri) {
    var cause = cause(e);
    if (cause instanceof Failure failure) return failure(failure);
    if (cause instanceof JsonProcessingException json) return json(json);
    if (cause instanceof CharConversionException wrong) return encoding(wrong);
    int status = e.getResponse().getStatus();
    if (status >= 500) return unexpected(e);
    var path = uri.getPath();
    var answer =
        switch (status) {
          case 404 -> document(404, missing(path));
          case 405 ->
              document(405, "the method is not one that %s knows; see /openapi".formatted(path));
          case 406 -> document(406, "%s answers application/json".formatted(path));
          case 415 ->
              document(415, "%s expects a body with Content-Type application/json".formatted(path));
          default -> document(status, String.valueOf(e.getMessage()));
        };
    var allow = e.getResponse().getHeaderString(HttpHeaders.ALLOW);
    return allow == null
        ? answer
        : Response.fromResponse(answer).header(HttpHeaders.ALLOW, allow).build();
  }

  @ServerExceptionMapper
  public Response unexpected(Throwable e) {
    if (cause(e) instanceof Failure failure) return failure(failure);
    // Nobody is there to read this: the client went away while it sent the body, which is no fault
    // here.
    if (isGone(e)) return document(400, "the connection was closed before the body was complete");
    return response(ErrorDocument.unexpected(e));
  }

  static String missing(String path) {
    return "nothing is at %s; see /openapi for what there is"
        .formatted(path.length() <= 200 ? path : path.substring(0, 200) + "...");
  }

  /** Frameworks wrap what a body reader throws. */
  private static @Nullable Throwable cause(Throwable e) {
    var cause = e.getCause();
    for (int depth = 0; cause != null && depth < 8; depth++, cause = cause.getCause()) {
      if (cause instanceof Failure
          || cause instanceof JsonProcessingException
          || cause instanceof CharConversionException) return cause;
    }
    return null;
  }

  private static boolean isGone(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause())
      if (cause instanceof HttpClosedException) return true;
    return false;
  }

  private static Response document(int status, String message) {
    return response(new ErrorDocument(status, message));
  }

  private static Response response(ErrorDocument document) {
    var response =
        Response.status(document.status())
            .type(MediaType.APPLICATION_JSON_TYPE)
            .entity(document.json());
    if (document.retryAfterSeconds() > 0)
      response.header(HttpHeaders.RETRY_AFTER, document.retryAfterSeconds());
    return response.build();
  }
}
