import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** A server that is measured: a process with its children, and where it listens. */
final class Peer implements AutoCloseable {
  private static final Path HOME = Path.of(System.getProperty("millrace.home"));
  final String url;
  private final Process process;

  private Peer(Process process, String url) {
    this.process = process;
    this.url = url;
  }

  static Peer millrace(Path data) throws Exception {
    Files.createDirectories(data);
    var log = data.resolveSibling(data.getFileName() + ".log");
    var builder =
        new ProcessBuilder(
                HOME.resolve("millrace").toString(), "up", "--port", "0", "--data", data.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().remove("CLASSPATH");
    builder.environment().put("MILLRACE_AS_BUILT", "1");
    var process = builder.start();
    while (true) {
      var matcher =
          java.util.regex.Pattern.compile("http://[^ /\\s]+").matcher(Files.readString(log));
      if (matcher.find()) return ready(new Peer(process, matcher.group()), log);
      if (!process.isAlive()) throw new IllegalStateException(Files.readString(log));
      Thread.sleep(10);
    }
  }

  /** Workers 0 is the server's default number. */
  static Peer mlflow(Path folder, int workers) throws Exception {
    Files.createDirectories(folder);
    int port;
    try (var free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    var command =
        new ArrayList<>(
            List.of(
                HOME.resolve("bench/mlflow.sh").toString(),
                "start",
                folder.toString(),
                String.valueOf(port)));
    if (workers > 0) command.add(String.valueOf(workers));
    return ready(
        new Peer(new ProcessBuilder(command).inheritIO().start(), "http://127.0.0.1:" + port),
        folder.resolve("log"));
  }

  private static Peer ready(Peer peer, Path log) throws Exception {
    long end = System.nanoTime() + Duration.ofMinutes(3).toNanos();
    while (true) {
      try (var wire = new Wire(peer.url)) {
        wire.get("/health");
        return peer;
      } catch (IOException e) {
        if (peer.process.isAlive() && System.nanoTime() < end) {
          Thread.sleep(100);
          continue;
        }
        peer.close();
        throw new IllegalStateException(
            "the server does not answer: " + e.getMessage() + "\n" + Files.readString(log));
      }
    }
  }

  /** Runs bench/mlflow.sh and answers what it prints. */
  static String helper(String... arguments) throws Exception {
    var command = new ArrayList<>(List.of(HOME.resolve("bench/mlflow.sh").toString()));
    command.addAll(List.of(arguments));
    var process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    var said =
        new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
            .trim();
    if (process.waitFor() != 0)
      throw new IllegalStateException(
          "bench/mlflow.sh " + String.join(" ", arguments) + " failed: " + said);
    return said;
  }

  /** Resident bytes of all its processes together, and how many there are. */
  Map.Entry<Long, Integer> resident() {
    long sum = 0;
    int count = 0;
    for (var handle :
        Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList()) {
      try {
        for (var line : Files.readAllLines(Path.of("/proc/" + handle.pid() + "/status"))) {
          if (line.startsWith("VmRSS")) {
            sum += Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            count++;
          }
        }
      } catch (IOException _) {
        // It has ended meanwhile.
      }
    }
    return Map.entry(sum, count);
  }

  interface Action {
    void run() throws Exception;
  }

  /** The most that was resident while the action ran, looked at every 50 ms. */
  long peak(Action action) throws Exception {
    var most = new AtomicLong(resident().getKey());
    var watcher =
        Thread.ofVirtual()
            .start(() -> {
              while (!Thread.currentThread().isInterrupted()) {
                most.accumulateAndGet(resident().getKey(), Math::max);
                try {
                  Thread.sleep(50);
                } catch (InterruptedException _) {
                  return;
                }
              }
            });
    try {
      action.run();
    } finally {
      watcher.interrupt();
      watcher.join();
    }
    return most.get();
  }

  /** The children are asked to end too: a server killed alone may leave its workers behind. */
  @Override
  public void close() throws Exception {
    var children = process.descendants().toList();
    process.destroy();
    if (!process.waitFor(20, java.util.concurrent.TimeUnit.SECONDS)) process.destroyForcibly();
    for (var child : children) {
      if (child.isAlive()) child.destroy();
    }
    for (var child : children) {
      try {
        child.onExit().get(10, java.util.concurrent.TimeUnit.SECONDS);
      } catch (java.util.concurrent.TimeoutException _) {
        child.destroyForcibly();
      }
    }
    process.waitFor();
  }
}
