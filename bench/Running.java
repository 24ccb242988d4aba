import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A server and its processes. */
record Running(Process process, String url) implements AutoCloseable {
  private static final Path HOME = Path.of(System.getProperty("millrace.home"));

  static Running millrace(Path data) throws Exception {
    Files.createDirectories(data);
    return started(
        data.resolveSibling("millrace.out"),
        HOME.resolve("millrace").toString(),
        "up",
        "--port",
        "0",
        "--data",
        data.toString());
  }

  static Running peer(Path folder, String name, int workers) throws Exception {
    Files.createDirectories(folder);
    return started(
        folder.resolve("out"),
        HOME.resolve("bench/serving_peers.sh").toString(),
        folder.toString(),
        name,
        String.valueOf(workers));
  }

  private static Running started(Path out, String... command) throws Exception {
    var builder =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(out.resolveSibling(out.getFileName() + ".err").toFile());
    builder.environment().remove("CLASSPATH");
    builder.environment().put("MILLRACE_AS_BUILT", "1");
    var process = builder.start();
    while (true) {
      var url = Pattern.compile("http://[0-9.:]+").matcher(Files.readString(out));
      if (url.find()) return new Running(process, url.group());
      if (!process.isAlive())
        throw new IllegalStateException(
            Files.readString(out.resolveSibling(out.getFileName() + ".err")));
      Thread.sleep(50);
    }
  }

  /** User and system time of all its processes, in seconds. */
  double cpu() {
    double ticks = 0;
    for (var handle :
        Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList()) {
      try {
        var stat = Files.readString(Path.of("/proc/" + handle.pid() + "/stat"));
        var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
      } catch (IOException _) {
        // It has ended meanwhile.
      }
    }
    return ticks / 100;
  }

  void command(String... words) throws Exception {
    var all = new ArrayList<>(List.of(HOME.resolve("millrace").toString()));
    all.addAll(List.of(words));
    var builder = new ProcessBuilder(all).redirectErrorStream(true);
    builder.environment().remove("CLASSPATH");
    builder.environment().put("MILLRACE_AS_BUILT", "1");
    builder.environment().put("MILLRACE_URL", url);
    var run = builder.start();
    var said = new String(run.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (run.waitFor() != 0) throw new IllegalStateException(String.join(" ", words) + ": " + said);
  }

  /** Waits until it answers. */
  void ready(String path, String body) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      try (var wire = new Wire(url)) {
        wire.post(path, body);
        return;
      } catch (IOException e) {
        if (System.nanoTime() > end || !process.isAlive()) throw e;
        Thread.sleep(200);
      }
    }
  }

  @Override
  public void close() throws Exception {
    var children = process.descendants().toList();
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) process.destroyForcibly();
    for (var child : children) child.destroy();
    for (var child : children) {
      try {
        child.onExit().get(5, TimeUnit.SECONDS);
      } catch (java.util.concurrent.TimeoutException _) {
        child.destroyForcibly();
      }
    }
  }
}
