package io.millrace.cli;

import io.millrace.base.Failure;
import io.millrace.base.Json;
import io.millrace.base.Unavailable;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A server process of this machine, known by its data folder. */
record RunningServer(ProcessHandle process, String url) {
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration STOP = Duration.ofSeconds(60);

  /** The server that runs on a data folder, if one does. */
  static Optional<RunningServer> find(Path data) {
    var file = data.resolve("server.json");
    if (!Files.isRegularFile(file)) return Optional.empty();
    try {
      var server = Json.parse(Files.readString(file));
      var url = server.path("url").asText();
      return ProcessHandle.of(server.path("pid").asLong())
          .filter(ProcessHandle::isAlive)
          .filter(p -> new Api(url).answers())
          .map(p -> new RunningServer(p, url));
    } catch (IOException | Failure e) {
      return Optional.empty();
    }
  }

  /**
   * Starts one as `up` does, in a process of its own that outlives this one; returns once it
   * answers.
   */
  static RunningServer start(Path data, int port) {
    try {
      Files.createDirectories(data);
      var log = data.resolve("server.log");
      var command =
          new ArrayList<String>(
              List.of(
                  Path.of(System.getProperty("millrace.home", "."), "millrace").toString(),
                  "up",
                  "--port",
                  String.valueOf(port),
                  "--data",
                  data.toString()));
      var builder =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
      builder.environment().put("MILLRACE_AS_BUILT", "1");
      var process = builder.start();
      long end = System.nanoTime() + START.toNanos();
      while (System.nanoTime() < end) {
        var found = find(data).filter(s -> s.process().pid() == process.pid());
        if (found.isPresent()) return found.get();
        if (process.waitFor(50, TimeUnit.MILLISECONDS)) throw new Unavailable(reason(log));
      }
      process.destroy();
      throw new Unavailable(
          "the server did not answer within %d s; what it said is in %s"
              .formatted(START.toSeconds(), log));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted");
    }
  }

  private static String reason(Path log) throws IOException {
    var said = Files.readAllLines(log).stream().filter(l -> !l.isBlank()).toList();
    var last = said.isEmpty() ? "it said nothing" : said.getLast();
    return last.toLowerCase(Locale.ROOT).startsWith("millrace: ")
        ? last.substring("millrace: ".length())
        : "the server did not start: %s (all it said is in %s)".formatted(last, log);
  }

  void stop() {
    process.destroy();
    try {
      process.onExit().get(STOP.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException(Objects.requireNonNull(e.getCause()));
    } catch (TimeoutException e) {
      throw new Unavailable(
          "the server (process %d) did not stop within %d s; end it with: kill -9 %d"
              .formatted(process.pid(), STOP.toSeconds(), process.pid()));
    }
  }
}
