package io.millrace.experiments.mlflow;

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
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.util.Map;

/** The one table from what a room throws to MLflow's error document and status. */
public final class MlflowErrors {
  private static final Logger LOG = System.getLogger(MlflowErrors.class.getName());
  private static final Ids IDS = new Ids(Clock.systemUTC());
  private static final Map<String, String> STATES =
      Map.of(
          "INVALID_PARAMETER_VALUE", "KAM00",
          "RESOURCE_DOES_NOT_EXIST", "KAM00",
          "INTERNAL_ERROR", "XXM00");

  private MlflowErrors() {}

  public static Response of(Throwable thrown) {
    if (!(thrown instanceof Failure failure)) {
      var id = IDS.next();
      LOG.log(Level.ERROR, "id=" + id + " unexpected failure of a request", thrown);
      return document(500, "INTERNAL_ERROR", "internal error; see the server's log, id " + id);
    }
    var message = failure.getMessage() == null ? "" : failure.getMessage();
    return switch (failure) {
      case InvalidInput _ -> document(400, "INVALID_PARAMETER_VALUE", message);
      case NotFound _ -> document(404, "RESOURCE_DOES_NOT_EXIST", message);
      case Conflict _ -> document(400, "RESOURCE_ALREADY_EXISTS", message);
      case Refused _ -> document(403, "PERMISSION_DENIED", message);
      case TooLarge _ -> document(413, "INVALID_PARAMETER_VALUE", message);
      case Unsupported _ -> document(501, "NOT_IMPLEMENTED", message);
      case Unavailable _ -> document(503, "TEMPORARILY_UNAVAILABLE", message);
      case Overloaded _ -> document(429, "REQUEST_LIMIT_EXCEEDED", message);
      case Expired _ -> document(504, "DEADLINE_EXCEEDED", message);
      case Damaged _ -> {
        LOG.log(Level.ERROR, message);
        yield document(500, "DATA_LOSS", message);
      }
    };
  }

  static Response unknown(String path) {
    return document(404, "ENDPOINT_NOT_FOUND", "nothing is at " + path);
  }

  static Response document(int status, String code, String message) {
    var json = Json.object().put("error_code", code).put("message", message);
    var state = STATES.get(code);
    if (state != null)
      json.put("sqlstate", state)
          .put(
              "error_class",
              code.equals("INTERNAL_ERROR")
                  ? "CLIENT_INTERNAL_ERROR"
                  : code.equals("RESOURCE_DOES_NOT_EXIST") ? "RESOURCE_NOT_FOUND" : code);
    return Response.status(status)
        .type(MediaType.APPLICATION_JSON_TYPE)
        .entity(Json.write(json))
        .build();
  }
}
