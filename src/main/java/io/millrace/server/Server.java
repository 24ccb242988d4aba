package io.millrace.server;

import io.millrace.base.Json;
import io.millrace.base.Program;
import io.quarkus.arc.Arc;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.vertx.http.HttpServer;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Starts the server and stays until it is told to stop. */
public final class Server {
  /**
   * Quarkus makes its own objects, one application a process; this hands them what was made before
   * it.
   */
  private static final AtomicReference<@Nullable Started> STARTED = new AtomicReference<>();

  /** In the milliseconds that the database keeps, so that a time is told as it is read later. */
  private static final Clock CLOCK = Clock.tickMillis(ZoneOffset.UTC);

  private record Started(
      Configuration configuration, DataFolder folder, Platform platform, boolean json)
      implements AutoCloseable {
    @Override
    public void close() {
      try (folder) {
        platform.close();
      }
    }
  }

  private Server() {}

  /**
   * Serves until SIGINT or SIGTERM. Prints one line, with the URL, once it answers. What stops it
   * from starting is thrown as a Failure whose message is one sentence.
   *
   * @param json whether that line is a JSON object
   * @return the exit code
   */
  public static int run(Configuration configuration, boolean json) {
    Natives.check();
    var folder = DataFolder.open(configuration.data());
    try {
      Ports.check(configuration.host(), configuration.port());
      STARTED.set(new Started(configuration, folder, new Platform(configuration, CLOCK), json));
    } catch (RuntimeException | Error e) {
      folder.close();
      throw e;
    }
    try {
      return serve(configuration);
    } finally {
      stop();
    }
  }

  /**
   * Closes what was started, once; called when requests in flight are done and no more are taken.
   */
  static void stop() {
    var started = STARTED.getAndSet(null);
    if (started != null) started.close();
  }

  private static int serve(Configuration configuration) {
    System.setProperty("quarkus.http.host", configuration.host());
    System.setProperty("quarkus.http.port", String.valueOf(configuration.port()));
    System.setProperty("quarkus.log.file.path", configuration.log().toString());
    // An event loop each keeps a processor busy; more would only take turns, and be late by a turn.
    System.setProperty(
        "quarkus.vertx.event-loops-pool-size",
        String.valueOf(Math.max(2, Runtime.getRuntime().availableProcessors())));
    // Connections by epoll; elsewhere there is none, which would be warned of.
    if (System.getProperty("os.name", "").equals("Linux"))
      System.setProperty("quarkus.vertx.prefer-native-transport", "true");
    var exit = new AtomicReference<>(0);
    var failure = new AtomicReference<@Nullable Throwable>();
    Quarkus.run(
        Application.class,
        (code, thrown) -> {
          exit.set(code);
          failure.set(thrown);
        });
    var thrown = failure.get();
    if (thrown != null)
      throw new IllegalStateException("the server could not start or failed", thrown);
    return exit.get();
  }

  /** What the beans of this process are made from. */
  static Platform platform() {
    return started().platform();
  }

  static Configuration configuration() {
    return started().configuration();
  }

  private static Started started() {
    var started = STARTED.get();
    if (started == null)
      throw new IllegalStateException("Server.run makes the platform before Quarkus starts");
    return started;
  }

  /** What Quarkus runs once it listens. */
  public static final class Application implements QuarkusApplication {
    @Override
    public int run(String... arguments) {
      var started = started();
      // The port that the system chose, where 0 was asked for.
      int listening = Arc.container().instance(HttpServer.class).get().getPort();
      var url = started.configuration().url(listening);
      started.folder().announce(url);
      started.platform().url.complete(url);
      started.platform().pipelines.takeUp();
      var data = started.folder().root();
      System.out.println(
          started.json()
              ? Json.write(
                  Json.object()
                      .put("version", Program.version())
                      .put("url", url)
                      .put("data", data.toString())
                      .put("pid", ProcessHandle.current().pid()))
              : "millrace %s ready at %s (data in %s)".formatted(Program.version(), url, data));
      System.out.flush();
      Quarkus.waitForExit();
      return 0;
    }
  }
}
