package io.millrace.models.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Expired;
import io.millrace.base.Json;
import io.millrace.base.Refused;
import io.millrace.base.Unavailable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that speaks the frames of a model's, and does what it is told. */
class PythonWorkerTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  /** Answers with what it is given; or dies, hangs, takes memory, starts a process of its own. */
  private static final String SCRIPT =
      """
      import json, os, struct, subprocess, sys, time
      os.setpgid(0, 0)
      given, answers = sys.stdin.buffer, sys.stdout.buffer
      held = []
      while True:
          lengths = given.read(8)
          if len(lengths) < 8:
              break
          header, body = struct.unpack(">II", lengths)
          header, body = json.loads(given.read(header)), given.read(body)
          if header["op"] == "die":
              print("the last words", file=sys.stderr, flush=True)
              os._exit(3)
          if header["op"] == "hang":
              time.sleep(3600)
          if header["op"] == "grow":
              held.append(bytearray(b"x" * (96 << 20)))
          if header["op"] == "start":
              header["pid"] = subprocess.Popen(["sleep", "3600"]).pid
          said = json.dumps(header).encode()
          answers.write(struct.pack(">II", len(said), len(body)) + said + body)
          answers.flush()
      """;

  @TempDir Path folder;
  private Path script;
  private final AtomicInteger starts = new AtomicInteger();
  private PythonWorker worker;

  @BeforeEach
  void start() throws IOException {
    assumeTrue(exists("python3"), "not run: there is no python3 on the PATH");
    script = Files.writeString(folder.resolve("script.py"), SCRIPT);
    worker = new PythonWorker("test", () -> child("python3"), 64L << 20, true);
  }

  @AfterEach
  void close() {
    if (worker != null) worker.close();
  }

  static boolean exists(String program) {
    for (var place : System.getenv("PATH").split(":"))
      if (Files.isExecutable(Path.of(place, program))) return true;
    return false;
  }

  private PythonChild child(String interpreter) {
    starts.incrementAndGet();
    return new PythonChild(PythonSettings.of(interpreter, ""), script, folder, 1);
  }

  private PythonChild.Answer ask(String operation) {
    return ask(operation, LONG);
  }

  private PythonChild.Answer ask(String operation, Duration longest) {
    JsonNode header = Json.object().put("op", operation);
    return worker.ask(header, new byte[] {1, 2, 3}, longest);
  }

  private void comesBack() {
    until(() -> {
      try {
        return ask("echo").body().length == 3;
      } catch (Unavailable e) {
        assertThat(e).hasMessageContaining("the model's Python process");
        return false;
      }
    });
  }

  private static void until(BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("not within 30 s").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  @Test
  void whatIsAskedComesBackWithItsBytes() {
    var answer = ask("echo");
    assertThat(answer.header().path("op").asText()).isEqualTo("echo");
    assertThat(answer.body()).containsExactly(1, 2, 3);
  }

  @Test
  void oneThatDiesSaysSoAndIsStartedAgain() {
    assertThatThrownBy(() -> ask("die"))
        .isInstanceOf(Unavailable.class)
        .hasMessage("the model's Python process ended with exit code 3");
    comesBack();
    assertThat(starts).hasValue(2);
    assertThat(worker.obstacle()).isEmpty();
  }

  @Test
  void whoGetsNoAnswerInTimeEndsTheProcessWhichStartsAgain() {
    long began = System.nanoTime();
    assertThatThrownBy(() -> ask("hang", Duration.ofMillis(300)))
        .isInstanceOf(Expired.class)
        .hasMessageStartingWith("the model gave no answer within the 300 ms");
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
    comesBack();
  }

  @Test
  void oneThatTakesTooMuchMemoryIsEnded() {
    assumeTrue(Files.isReadable(Path.of("/proc/self/status")), "not run: no /proc here");
    ask("grow");
    until(() -> starts.get() == 2);
    comesBack();
  }

  @Test
  void whatItStartedEndsWithIt() {
    var started = ProcessHandle.of(ask("start").header().path("pid").asLong()).orElseThrow();
    assertThat(started.isAlive()).isTrue();
    worker.close();
    until(() -> !started.isAlive());
    assertThatThrownBy(() -> ask("echo")).isInstanceOf(Unavailable.class);
  }

  @Test
  void anInterpreterThatIsNotThereIsNamedWithWhatToDo() {
    assertThatThrownBy(() -> child("no-such-python"))
        .isInstanceOf(Refused.class)
        .hasMessageStartingWith("the interpreter \"no-such-python\" cannot be started")
        .hasMessageEndingWith(
            "or name another with `millrace up --python PATH` or MILLRACE_PYTHON");
  }
}
