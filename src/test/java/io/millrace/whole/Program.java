package io.millrace.whole;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The packaged program with a server of its own on a free port. */
final class Program implements AutoCloseable {
  static final Path HOME =
      Path.of(System.getProperty("millrace.home", ".")).toAbsolutePath().normalize();
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** What a command said and how it ended. */
  record Ended(int code, String out, String err) {
    JsonNode json() {
      return Json.parse(out);
    }
  }

  private final Process server;
  private final Path data;
  private final String url;

  private Program(Process server, Path data, String url) {
    this.server = server;
    this.data = data;
    this.url = url;
  }

  /** Starts a server and waits for the line that says it is ready. */
  static Program up(Path data) {
    return up(data, Map.of());
  }

  /** As the other, with these variables added to its environment. */
  static Program up(Path data, Map<String, String> environment) {
    try {
      var log = data.resolveSibling(data.getFileName() + ".log");
      var builder =
          new ProcessBuilder(
                  HOME.resolve("millrace").toString(),
                  "up",
                  "--port",
                  "0",
                  "--data",
                  data.toString())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile());
      builder.environment().putAll(environment);
      var process = builder.start();
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
      while (System.nanoTime() < end && process.isAlive()) {
        var server = said(data);
        if (server.path("pid").asLong() == process.pid())
          return new Program(process, data, server.path("url").asText());
        process.waitFor(20, TimeUnit.MILLISECONDS);
      }
      process.destroyForcibly();
      throw new AssertionError("the server did not start: " + Files.readString(log));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * What a server says of itself; nothing where none does, or one just takes back what another
   * said.
   */
  private static JsonNode said(Path data) throws IOException {
    try {
      return Json.parse(Files.readString(data.resolve("server.json")));
    } catch (NoSuchFileException e) {
      return Json.object();
    }
  }

  String url() {
    return url;
  }

  Path data() {
    return data;
  }

  long pid() {
    return server.pid();
  }

  /** Runs a command against this server. */
  Ended millrace(String... arguments) {
    return run(List.of("MILLRACE_URL=" + url), arguments);
  }

  /** As {@link #millrace}, for a command that must succeed. */
  Ended done(String... arguments) {
    var ended = millrace(arguments);
    if (ended.code() != 0)
      throw new AssertionError(
          "millrace %s ended with %d%n%s%s"
              .formatted(String.join(" ", arguments), ended.code(), ended.out(), ended.err()));
    return ended;
  }

  /** Runs the launcher with these variables added to the environment. */
  static Ended run(List<String> environment, String... arguments) {
    try {
      var out = Files.createTempFile("millrace", ".out");
      var err = Files.createTempFile("millrace", ".err");
      var command = new ArrayList<String>(List.of(HOME.resolve("millrace").toString()));
      command.addAll(List.of(arguments));
      var builder =
          new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
      for (var variable : environment)
        builder
            .environment()
            .put(
                variable.substring(0, variable.indexOf('=')),
                variable.substring(variable.indexOf('=') + 1));
      var process = builder.start();
      if (!process.waitFor(300, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(
            "millrace "
                + String.join(" ", arguments)
                + " did not end; it said: "
                + Files.readString(out)
                + Files.readString(err));
      }
      var ended = new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
      Files.delete(out);
      Files.delete(err);
      return ended;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  HttpResponse<String> post(String path, String body) {
    return send(
        HttpRequest.newBuilder(URI.create(url + path))
            .POST(HttpRequest.BodyPublishers.ofString(body, StandardCharsets.UTF_8)));
  }

  HttpResponse<String> get(String path) {
    return send(HttpRequest.newBuilder(URI.create(url + path)).GET());
  }

  static HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Ends the server as a power cut would. */
  void kill() {
    server.destroyForcibly();
    waitForEnd();
  }

  @Override
  public void close() {
    server.destroy();
    waitForEnd();
  }

  private void waitForEnd() {
    try {
      if (!server.waitFor(60, TimeUnit.SECONDS)) throw new AssertionError("the server did not end");
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
