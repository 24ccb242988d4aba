package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Failure;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Unavailable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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

  private static final Duration READING = Duration.ofMinutes(10);
  private static final Duration WORKING = Duration.ofHours(6);

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final URI base;
  private final Duration reading;
  private final Duration working;

  Api(String url) {
    this(url, READING, WORKING);
  }

  /**
   * @param reading how long to wait for what the server only looks up
   * @param working how long to wait for what it converts, verifies, profiles or loads first, which
   *     takes as long as its data are large
   */
  Api(String url, Duration reading, Duration working) {
    this.reading = reading;
    this.working = working;
    URI parsed;
    try {
      parsed = URI.create(url.endsWith("/") ? url.substring(0, url.length() - 1) : url);
    } catch (IllegalArgumentException e) {
      throw new WrongUsage("server", url, "a URL such as http://127.0.0.1:8080");
    }
    if (parsed.getHost() == null
        || parsed.getScheme() == null
        || !parsed.getScheme().startsWith("http")) {
      throw new WrongUsage("server", url, "a URL such as http://127.0.0.1:8080");
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
    return json(request(path, reading).GET());
  }

  /** As {@link #get}, for an answer that the server has to work out. */
  JsonNode computed(String path) {
    return json(request(path, working).GET());
  }

  JsonNode post(String path, JsonNode body) {
    return json(
        request(path, working)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString())));
  }

  JsonNode put(String path, JsonNode body) {
    return json(
        request(path, working)
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString(body.toString())));
  }

  JsonNode put(String path, BodyPublisher body) {
    return json(
        request(path, working).header("Content-Type", "application/octet-stream").PUT(body));
  }

  JsonNode delete(String path) {
    return json(request(path, reading).DELETE());
  }

  String text(String path) {
    return send(request(path, reading).GET()).body();
  }

  boolean exists(String path) {
    return dispatch(request(path, reading).method("HEAD", BodyPublishers.noBody())).statusCode()
        == 200;
  }

  void upload(String path, BodyPublisher body) {
    send(request(path, working).header("Content-Type", "application/octet-stream").PUT(body));
  }

  /** Asks for a file with a POST and writes it; returns its length in bytes. */
  long download(String path, JsonNode body, Path target) {
    return download(
        request(path, working)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body.toString())),
        target);
  }

  /** As the other, with a GET. */
  long download(String path, Path target) {
    return download(request(path, working).GET(), target);
  }

  private long download(HttpRequest.Builder request, Path target) {
    var answer = dispatch(request, BodyHandlers.ofInputStream());
    Path beside = target.resolveSibling(target.getFileName() + ".part");
    try (var content = answer.body()) {
      if (answer.statusCode() / 100 != 2) {
        var text = new String(content.readAllBytes(), StandardCharsets.UTF_8);
        throw new Rejected(answer.statusCode(), reason(answer.statusCode(), text));
      }
      long bytes = Files.copy(content, beside, StandardCopyOption.REPLACE_EXISTING);
      Files.move(beside, target, StandardCopyOption.REPLACE_EXISTING);
      return bytes;
    } catch (IOException e) {
      throw new Unavailable(
          "%s was not written to its end (%s): see whether the server at %s still runs and the disk has room, and ask again"
              .formatted(target, e.getMessage(), base));
    }
  }

  /** Whether a server answers here. */
  boolean answers() {
    try {
      return dispatch(request("/health", Duration.ofSeconds(2)).GET()).statusCode() == 200;
    } catch (Unavailable e) {
      return false;
    }
  }

  private HttpRequest.Builder request(String path, Duration timeout) {
    return HttpRequest.newBuilder(URI.create(base + path)).timeout(timeout);
  }

  private JsonNode json(HttpRequest.Builder request) {
    var body = send(request).body();
    return body.isBlank() ? Json.object() : Json.parse(body);
  }

  private HttpResponse<String> send(HttpRequest.Builder request) {
    var answer = dispatch(request);
    if (answer.statusCode() / 100 != 2)
      throw new Rejected(answer.statusCode(), reason(answer.statusCode(), answer.body()));
    return answer;
  }

  private static String reason(int status, String body) {
    try {
      var error = Json.parse(body).path("error");
      if (error.isTextual()) return error.asText();
    } catch (Failure e) {
      // not JSON: shown as it is
    }
    var text = body.isBlank() ? "" : ": " + body.strip();
    return "the server answered %d%s"
        .formatted(status, text.length() > 500 ? text.substring(0, 500) : text);
  }

  private HttpResponse<String> dispatch(HttpRequest.Builder request) {
    return dispatch(request, BodyHandlers.ofString());
  }

  private <T> HttpResponse<T> dispatch(HttpRequest.Builder builder, BodyHandler<T> handler) {
    var request = builder.build();
    try {
      return client.send(request, handler);
    } catch (ConnectException | HttpConnectTimeoutException e) {
      throw new Unavailable(
          "no Millrace server answers at %s; start one with `./millrace up`, or name another with --server URL or MILLRACE_URL"
              .formatted(base));
    } catch (HttpTimeoutException e) {
      throw new Unavailable(
          "the server at %s did not answer %s %s within %s; it may still be at work on it: see what it says in its terminal or its server.log, and ask again"
              .formatted(
                  base,
                  request.method(),
                  request.uri().getPath(),
                  shown(request.timeout().orElse(working))));
    } catch (IOException e) {
      throw new Unavailable(
          "the connection to the server at %s broke before it answered %s %s (%s): see in its terminal or its server.log whether it still runs, and ask again"
              .formatted(base, request.method(), request.uri().getPath(), e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted");
    }
  }

  private static String shown(Duration length) {
    return length.toSeconds() == 0
        ? length.toMillis() + " ms"
        : length.toMinutes() == 0 ? length.toSeconds() + " s" : length.toMinutes() + " min";
  }

  /** The first element of a list for which a field has a value. */
  static JsonNode named(JsonNode list, String field, String value, String what) {
    for (var item : list) if (value.equals(item.path(field).asText())) return item;
    throw new NotFound(what, value);
  }
}
