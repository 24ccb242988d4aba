package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Unavailable;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A server's REST API as the commands see it: JSON in, JSON out, its errors as exceptions. */
final class Api {
  /** An answer other than 2xx; the message is the server's. */
  static final class Rejected extends RuntimeException {
    private static final long serialVersionUID = 1;
    final int status;

    Rejected(int status, String message) {
      super(message);
      this.status = status;
    }
  }

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final URI base;

  Api(String url) {
    URI parsed;
    try {
      parsed = URI.create(url.endsWith("/") ? url.substring(0, url.length() - 1) : url);
    } catch (IllegalArgumentException e) {
      throw new InvalidInput("server", url, "a URL such as http://127.0.0.1:8080");
    }
    if (parsed.getHost() == null
        || parsed.getScheme() == null
        || !parsed.getScheme().startsWith("http")) {
      throw new InvalidInput("server", url, "a URL such as http://127.0.0.1:8080");
    }
    base = parsed;
  }

  String url() {
    return base.toString();
  }

  /** One path segment, so that a name with odd characters stays one. */
  static String segment(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }

  JsonNode get(String path) {
    return json(request(path).GET());
  }

  JsonNode post(String path, JsonNode body) {
    return json(
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString())));
  }

  JsonNode put(String path, JsonNode body) {
    return json(
        request(path)
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString(body.toString())));
  }

  JsonNode delete(String path) {
    return json(request(path).DELETE());
  }

  String text(String path) {
    return send(request(path).GET()).body();
  }

  boolean exists(String path) {
    return dispatch(request(path).method("HEAD", BodyPublishers.noBody())).statusCode() == 200;
  }

  void upload(String path, BodyPublisher body) {
    send(
        request(path)
            .header("Content-Type", "application/octet-stream")
            .PUT(body)
            .timeout(Duration.ofHours(6)));
  }

  /** Whether a server answers here. */
  boolean answers() {
    try {
      return dispatch(request("/health").timeout(Duration.ofSeconds(2)).GET()).statusCode() == 200;
    } catch (Unavailable e) {
      return false;
    }
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofMinutes(10));
  }

  private JsonNode json(HttpRequest.Builder request) {
    var body = send(request).body();
    return body.isBlank() ? Json.object() : Json.parse(body);
  }

  private HttpResponse<String> send(HttpRequest.Builder request) {
    var answer = dispatch(request);
    if (answer.statusCode() / 100 != 2) throw new Rejected(answer.statusCode(), reason(answer));
    return answer;
  }

  private static String reason(HttpResponse<String> answer) {
    try {
      var error = Json.parse(answer.body()).path("error");
      if (error.isTextual()) return error.asText();
    } catch (Failure e) {
      // not JSON: shown as it is
    }
    var text = answer.body().isBlank() ? "" : ": " + answer.body().strip();
    return "the server answered %d%s"
        .formatted(answer.statusCode(), text.length() > 500 ? text.substring(0, 500) : text);
  }

  private HttpResponse<String> dispatch(HttpRequest.Builder request) {
    try {
      return client.send(request.build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new Unavailable(
          "no Millrace server answers at %s; start one with `./millrace up`, or name another with --server URL or MILLRACE_URL"
              .formatted(base));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted");
    }
  }

  /** The first element of a list for which a field has a value. */
  static JsonNode named(JsonNode list, String field, String value, String what) {
    for (var item : list) if (value.equals(item.path(field).asText())) return item;
    throw new NotFound(what, value);
  }
}
