package io.millrace.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Unavailable;
import io.millrace.pipelines.Task;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Starts a {@link TrainingProcess}, passes on what it tells, and gives what it came to. */
final class ChildProcess {
  private static final long POLL_MILLIS = 150;
  private static final long LEAST_HEAP = 768L << 20;
  private static final long MOST_HEAP = 8L << 30;
  private static final int MOST_SHOWN = 20_000;

  private final Task task;
  private final Path folder;
  private long read;

  ChildProcess(Task task) {
    this.task = task;
    this.folder = task.folder().toAbsolutePath();
  }

  /**
   * Returns result.json. Throws what the child refused, and InterruptedException when the step was
   * cancelled.
   */
  JsonNode run(TrainingRequest request, long dataBytes) throws IOException, InterruptedException {
    Files.writeString(
        folder.resolve(TrainingRequest.FILE), Json.write(request), StandardCharsets.UTF_8);
    var process = start(request, heap(dataBytes));
    try {
      task.onCancel(process::destroyForcibly);
      do passOn();
      while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS));
      passOn();
    } finally {
      process.destroyForcibly();
    }
    if (task.cancelled()) throw new InterruptedException("cancelled");
    return result(process.exitValue());
  }

  private Process start(TrainingRequest request, long heap) throws IOException {
    // The class path goes through a file: some systems limit command lines, and ONNX Runtime
    // dislikes long ones.
    var arguments = folder.resolve("java.arguments");
    Files.writeString(
        arguments,
        String.join(
                "\n",
                List.of(
                    "-Xmx" + (heap >> 20) + "m",
                    "-Xss2m",
                    "-XX:+UseSerialGC",
                    "-XX:+ExitOnOutOfMemoryError",
                    "-XX:TieredStopAtLevel=4",
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    "-Djava.io.tmpdir=" + quoted(folder.toString()),
                    "-cp",
                    quoted(classPath())))
            + "\n",
        StandardCharsets.UTF_8);
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var builder =
        new ProcessBuilder(
                java, "@" + arguments, TrainingProcess.class.getName(), folder.toString())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output.txt").toFile());
    builder.environment().put("OMP_WAIT_POLICY", "PASSIVE");
    builder.environment().put("OMP_NUM_THREADS", Integer.toString(request.settings().threads()));
    builder.environment().put("ORT_DISABLE_TELEMETRY", "1");
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    return builder.start();
  }

  /**
   * The launcher names the class path in a file, since the server may run from an archive of its
   * classes.
   */
  private static String classPath() throws IOException {
    var listed = System.getProperty("millrace.classpath");
    if (listed != null && Files.isReadable(Path.of(listed)))
      return Files.readString(Path.of(listed)).strip();
    return absolute(System.getProperty("java.class.path"));
  }

  /** The child works in another folder. */
  private static String absolute(String classPath) {
    var separator = System.getProperty("path.separator");
    var parts = new java.util.ArrayList<String>();
    for (var part : classPath.split(java.util.regex.Pattern.quote(separator), -1))
      if (!part.isEmpty()) parts.add(Path.of(part).toAbsolutePath().toString());
    return String.join(separator, parts);
  }

  /** As argument files of java want it. */
  private static String quoted(String value) {
    return "\"" + value.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  /** Parquet grows to some ten times its size in memory, and parts of it are held twice. */
  private static long heap(long dataBytes) {
    return Math.clamp(dataBytes * 40 + (512L << 20), LEAST_HEAP, MOST_HEAP);
  }

  private JsonNode result(int exit) throws IOException {
    var error = folder.resolve(TrainingProcess.ERROR);
    if (Files.exists(error)) {
      var said = Json.parse(Files.readString(error));
      if (said.path("input").asBoolean()) throw new InvalidInput(said.path("message").asText());
      logOutput();
      throw new Unavailable(said.path("message").asText());
    }
    var result = folder.resolve(TrainingProcess.RESULT);
    if (exit == 0 && Files.exists(result)) return Json.parse(Files.readString(result));
    var output = logOutput();
    if (output.contains("java.lang.OutOfMemoryError") || exit == 137) {
      throw new Unavailable(
          "the training process ran out of memory: train on fewer rows or columns, or on a machine with more memory");
    }
    throw new Unavailable(
        "the training process ended with exit code %d%s; the step's log has what it wrote"
            .formatted(exit, thrown(output)));
  }

  /** What the process wrote beside its events, of which the step's log gets the end. */
  private String logOutput() throws IOException {
    var file = folder.resolve("output.txt");
    if (!Files.exists(file)) return "";
    var output = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
    var shown =
        output.length() <= MOST_SHOWN ? output : output.substring(output.length() - MOST_SHOWN);
    shown.lines().forEach(task::log);
    return output;
  }

  /** The message of the exception that ended it, if one did. */
  private static String thrown(String output) {
    return output
        .lines()
        .filter(line -> line.startsWith("Exception in thread"))
        .findFirst()
        .map(
            line -> ": " + line.replaceFirst("^Exception in thread \"[^\"]*\" (?:[\\w.$]+: )?", ""))
        .orElse("");
  }

  /** Reads the whole lines that were added since. */
  private void passOn() throws IOException {
    var file = folder.resolve(Reports.FILE);
    if (!Files.exists(file)) return;
    byte[] added;
    try (var open = new RandomAccessFile(file.toFile(), "r")) {
      open.seek(read);
      added = new byte[(int) Math.min(open.length() - read, 1 << 20)];
      open.readFully(added);
    }
    int end = added.length;
    while (end > 0 && added[end - 1] != '\n') end--;
    if (end == 0) return;
    read += end;
    new String(added, 0, end, StandardCharsets.UTF_8)
        .lines()
        .map(Json::parse)
        .forEach(this::passOn);
  }

  private void passOn(JsonNode event) {
    switch (event.path("event").asText()) {
      case "log" -> task.log(event.path("line").asText());
      case "progress" ->
          task.progress(
              event.path("doing").asText(),
              event.path("share").isNumber() ? event.path("share").doubleValue() : Double.NaN);
      case "metric" ->
          task.run()
              .metric(
                  event.path("name").asText(),
                  event.path("value").doubleValue(),
                  event.path("step").longValue());
      case "param" -> task.run().param(event.path("name").asText(), event.path("value").asText());
      default -> throw new IllegalStateException("event " + event);
    }
  }
}
