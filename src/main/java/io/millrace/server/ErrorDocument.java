package io.millrace.server;

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
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;

/**
 * How a request ends that fails: an HTTP status and the document {"error": MESSAGE}.
 *
 * @param retryAfterSeconds of the header Retry-After; 0 for none
 */
record ErrorDocument(int status, String message, long retryAfterSeconds) {
  private static final Logger LOG = System.getLogger(ErrorDocument.class.getName());
  private static final Ids IDS = new Ids(Clock.systemUTC());

  ErrorDocument(int status, String message) {
    this(status, message, status == 503 ? 1 : 0);
  }

  /** The one table from what a room throws to an HTTP status. */
  static ErrorDocument of(Failure failure) {
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
    var message = failure.getMessage();
    if (message == null) message = failure.getClass().getSimpleName();
    if (failure instanceof Damaged) LOG.log(Level.ERROR, message);
    return failure instanceof Overloaded overloaded
        ? new ErrorDocument(status, message, overloaded.retryAfterSeconds())
        : new ErrorDocument(status, message);
  }

  /** Of a fault of the program, which is logged. */
  static ErrorDocument unexpected(Throwable fault) {
    var id = IDS.next();
    LOG.log(Level.ERROR, "id=" + id + " unexpected failure of a request", fault);
    return new ErrorDocument(
        500, "internal error; see %s, id %s".formatted(Server.configuration().log(), id));
  }

  String json() {
    return Json.write(Json.object().put("error", message));
  }
}
