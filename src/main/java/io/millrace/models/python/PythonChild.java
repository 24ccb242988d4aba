package io.millrace.models.python;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import io.millrace.base.Refused;
import io.millrace.base.Unavailable;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A Python process that is asked one thing after another. It ends with all it started, when it is
 * closed and when this process ends, however that does: then its input ends.
 */
final class PythonChild implements AutoCloseable {
  private static final int LINES_KEPT = 30;
  private static final int LONGEST_LINE = 500;

  /** Of what it wrote, so many lines are told to who asked it. */
  private static final int LINES_TOLD = 10;

  private final Process process;
  private final DataOutputStream questions;
  private final DataInputStream answers;

  /** Makes the exchanges, since a pipe cannot be waited for with an end in sight. */
  private final ExecutorService exchanges;

  private final Thread listener;
  private final ArrayDeque<String> lines = new ArrayDeque<>();
  private volatile @Nullable String ended;

  /** What came back: a header, and bytes. */
  record Answer(JsonNode header, byte[] body) {}

  /**
   * @param script the program that it runs
   * @param folder that it works in
   */
  PythonChild(PythonSettings settings, Path script, Path folder, int threads) {
    var builder =
        new ProcessBuilder(settings.interpreter(), script.toString()).directory(folder.toFile());
    var environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith("MILLRACE_"));
    for (var library : List.of("OMP", "OPENBLAS", "MKL", "NUMEXPR"))
      environment.put(library + "_NUM_THREADS", String.valueOf(threads));
    environment.put("MLFLOW_DISABLE_TELEMETRY", "true");
    environment.put("PYTHONUNBUFFERED", "1");
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new Refused(
          "the interpreter \"%s\" cannot be started (%s): install Python 3 with MLflow, or name another with `millrace up --python PATH` or %s"
              .formatted(settings.interpreter(), reason(e), PythonSettings.INTERPRETER));
    }
    questions = new DataOutputStream(new BufferedOutputStream(process.getOutputStream(), 1 << 16));
    answers = new DataInputStream(process.getInputStream());
    var threadName = "python-" + process.pid();
    exchanges =
        Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name(threadName).factory());
    listener = Thread.ofPlatform().daemon().name(threadName + "-said").start(this::listen);
  }

  private static String reason(IOException e) {
    return e.getCause() == null
        ? String.valueOf(e.getMessage())
        : String.valueOf(e.getCause().getMessage());
  }

  /** Keeps the last of what it writes beside its answers, and lets it never wait for a reader. */
  private void listen() {
    try (var reader = process.errorReader(StandardCharsets.UTF_8)) {
      for (var line = reader.readLine(); line != null; line = reader.readLine()) {
        var kept = line.length() <= LONGEST_LINE ? line : line.substring(0, LONGEST_LINE);
        synchronized (lines) {
          lines.addLast(kept);
          if (lines.size() > LINES_KEPT) lines.removeFirst();
        }
      }
    } catch (IOException e) {
      // It ended.
    }
  }

  /** The last lines that it wrote, for the log of the server. */
  String said() {
    synchronized (lines) {
      return String.join("\n", lines);
    }
  }

  /** The last lines of a process that has ended, which may still be on their way. */
  String lastWords() {
    try {
      var _ = listener.join(Duration.ofSeconds(1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    synchronized (lines) {
      return lines.stream()
          .skip(Math.max(0, lines.size() - LINES_TOLD))
          .collect(Collectors.joining("\n"));
    }
  }

  long pid() {
    return process.pid();
  }

  /**
   * Asks, and waits for the answer.
   *
   * @throws Unavailable if it ended before that
   * @throws TimeoutException if there is none in time; the child is of no use then
   */
  Answer ask(JsonNode header, byte[] body, Duration longest) throws TimeoutException {
    var answer = new CompletableFuture<Answer>();
    try {
      exchanges.execute(() -> {
        try {
          answer.complete(exchange(header, body));
        } catch (IOException | RuntimeException e) {
          answer.completeExceptionally(e);
        }
      });
      // A process that it started may hold its pipes open, so its end is waited for as well.
      var _ =
          CompletableFuture.anyOf(answer, process.onExit())
              .get(longest.toNanos(), TimeUnit.NANOSECONDS);
      if (answer.isDone()) return answer.get();
    } catch (ExecutionException | java.util.concurrent.RejectedExecutionException e) {
      if (!awaitEnd(Duration.ofSeconds(1))) kill("broke off the exchange and was ended");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("the server stops");
    }
    throw new Unavailable("the model's Python process " + end());
  }

  private Answer exchange(JsonNode header, byte[] body) throws IOException {
    var said = Json.write(header).getBytes(StandardCharsets.UTF_8);
    questions.writeInt(said.length);
    questions.writeInt(body.length);
    questions.write(said);
    questions.write(body);
    questions.flush();
    int headerLength = answers.readInt();
    int length = answers.readInt();
    if (headerLength < 0
        || length < 0
        || headerLength > TensorBytes.LARGEST
        || length > TensorBytes.LARGEST) {
      kill("gave an answer of more than %d bytes".formatted(TensorBytes.LARGEST));
      throw new IOException("too long");
    }
    var answer = Json.read(answers.readNBytes(headerLength), JsonNode.class);
    return new Answer(answer, answers.readNBytes(length));
  }

  boolean isAlive() {
    return ended == null && process.isAlive();
  }

  /** Waits for its end; says whether it came. */
  boolean awaitEnd(Duration longest) {
    try {
      return process.waitFor(longest.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return !process.isAlive();
    }
  }

  /** Why it ended. */
  String end() {
    var known = ended;
    if (known != null) return known;
    if (process.isAlive()) return "ends";
    int code = process.exitValue();
    return code > 128
        ? "was killed by signal %d%s"
            .formatted(code - 128, code == 137 ? " (where nobody did, memory ran out)" : "")
        : "ended with exit code " + code;
  }

  /** Ends it with all that it started. */
  void kill(String why) {
    if (ended == null && process.isAlive()) ended = why;
    exchanges.shutdown();
    try {
      var _ =
          new ProcessBuilder("/bin/sh", "-c", "kill -s KILL -- -" + process.pid())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      // It hears of its end by its input.
    }
    process.destroyForcibly();
  }

  @Override
  public void close() {
    kill("was closed");
  }

  /** The bytes that it has in memory; 0 where the system does not tell. */
  long memory() {
    var status = Path.of("/proc", String.valueOf(process.pid()), "status");
    if (!Files.isReadable(status)) return 0;
    try (var all = Files.lines(status)) {
      return all.filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst()
          .orElse(0);
    } catch (IOException | UncheckedIOException e) {
      return 0; // It has just ended.
    }
  }
}
