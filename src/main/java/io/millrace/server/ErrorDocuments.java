package io.millrace.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.millrace.base.Conflict;
import io.millrace.base.Damaged;
import io.millrace.base.Expired;
import io.millrace.base.Failure;
import io.millrace.base.Ids;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Overloaded;
import io.millrace.base.Refused;
import io.millrace.base.TooLarge;
import io.millrace.base.Unavailable;
import io.millrace.base.Unsupported;
import io.vertx.core.http.HttpClosedException;
import jakarta.inject.Singleton;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/** The one table from what a room throws to an HTTP status and the document {"error": MESSAGE}. */
@Singleton
public final class ErrorDocuments {
  private static final Logger LOG = System.getLogger(ErrorDocuments.class.getName());
  private final Ids ids = new Ids(Clock.systemUTC());

  @ServerExceptionMapper
  public Response failure(Failure failure) {
    int status =
        switch (failure) {
          case InvalidInput _ -> 400;
          case Refused _ -> 403;
          case NotFound _ -> 404;
          case Conflict _ -> 409;
          case TooLarge _ -> 413;
          case Damaged _ -> 500;
          case Unsupported _ -> 501;
          case Unavailable _ -> 503;
          case Overloaded _ -> 429;
          case Expired _ -> 504;
        };
    if (failure instanceof Damaged) LOG.log(Level.ERROR, failure.getMessage());
    var document = document(status, message(failure));
    return failure instanceof Overloaded overloaded
        ? Response.fromResponse(document)
            .header(HttpHeaders.RETRY_AFTER, overloaded.retryAfterSeconds())
            .build()
        : document;
  }

  @ServerExceptionMapper
  public Response json(JsonProcessingException e) {
    return failure(Documents.wrong(e));
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
    var id = ids.next();
    LOG.log(Level.ERROR, "id=" + id + " unexpected failure of a request", e);
    return document(
        500, "internal error; see %s, id %s".formatted(Server.configuration().log(), id));
  }

  static String missing(String path) {
    return "nothing is at %s; see /openapi for what there is"
        .formatted(path.length() <= 200 ? path : path.substring(0, 200) + "...");
  }

  /** Frameworks wrap what a body reader throws. */
  private static @Nullable Throwable cause(Throwable e) {
    var cause = e.getCause();
    for (int depth = 0; cause != null && depth < 8; depth++, cause = cause.getCause()) {
      if (cause instanceof Failure || cause instanceof JsonProcessingException) return cause;
    }
    return null;
  }

  private static boolean isGone(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause())
      if (cause instanceof HttpClosedException) return true;
    return false;
  }

  private static String message(Failure failure) {
    var message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }

  private static Response document(int status, String message) {
    var document =
        Response.status(status)
            .type(MediaType.APPLICATION_JSON_TYPE)
            .entity(Json.write(Json.object().put("error", message)));
    if (status == 503) document.header(HttpHeaders.RETRY_AFTER, 1);
    return document.build();
  }
}
