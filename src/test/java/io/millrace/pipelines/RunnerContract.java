package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What every Runner does. */
@Timeout(60)
abstract class RunnerContract {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Map<String, String> PATH = Map.of("PATH", "/usr/bin:/bin");

  @TempDir Path folder;

  /** One on the folder; every call gives another, as another server would have. */
  abstract Runner runner(Path root);

  private Runner runner() {
    return runner(folder.resolve("attempts"));
  }

  private Path work() throws IOException {
    return Files.createDirectories(folder.resolve("work"));
  }

  private void start(Runner runner, String name, String command) throws IOException {
    runner.start(name, new Runner.Command(work(), command, PATH, null));
  }

  private static String logs(Runner runner, String name, long from) {
    return new String(runner.logs(name, from), StandardCharsets.UTF_8);
  }

  /** Waits until the command has written its first whole line. */
  private static String firstLine(Runner runner, String name) throws InterruptedException {
    while (true) {
      var written = logs(runner, name, 0);
      if (written.contains("\n")) return written.lines().findFirst().orElseThrow();
      runner.await(name, Duration.ofMillis(20));
    }
  }

  @AfterEach
  void endAll() {
    var runner = runner();
    runner.names().forEach(name -> runner.cancel(name, Duration.ZERO));
  }

  @Test
  void aCommandEndsWithItsCodeAndItsOutputIsKept() throws Exception {
    var runner = runner();
    start(runner, "r/good-1", "echo out; echo err >&2");
    start(runner, "r/bad-1", "echo first\nfalse\necho never");
    start(runner, "r/three-1", "exit 3");
    assertThat(runner.await("r/good-1", LONG)).isEqualTo(new Runner.Status.Exited(0));
    assertThat(runner.await("r/bad-1", LONG)).isEqualTo(new Runner.Status.Exited(1));
    assertThat(runner.await("r/three-1", LONG)).isEqualTo(new Runner.Status.Exited(3));
    assertThat(logs(runner, "r/good-1", 0)).isEqualTo("out\nerr\n");
    assertThat(logs(runner, "r/good-1", 4)).isEqualTo("err\n");
    assertThat(logs(runner, "r/good-1", 8)).isEmpty();
    assertThat(logs(runner, "r/bad-1", 0)).isEqualTo("first\n");
    assertThat(runner.names()).containsExactly("r/bad-1", "r/good-1", "r/three-1");
  }

  @Test
  void itWorksInItsFolderWithItsVariablesAndNoOthers() throws Exception {
    Files.writeString(work().resolve("here"), "yes");
    var runner = runner();
    runner.start(
        "r/env-1",
        new Runner.Command(
            work(), "cat here; echo; env", Map.of("PATH", "/usr/bin:/bin", "A", "b c"), null));
    runner.await("r/env-1", LONG);
    assertThat(logs(runner, "r/env-1", 0).lines().filter(l -> !l.startsWith("_=")))
        .allMatch(l ->
            l.equals("yes")
                || l.startsWith("PWD=")
                || l.startsWith("OLDPWD=")
                || l.equals("PATH=/usr/bin:/bin")
                || l.equals("A=b c")
                || l.startsWith("SHLVL="))
        .contains("yes", "A=b c");
  }

  @Test
  void anotherRunnerTakesUpWhatRunsAndWhatHasEnded() throws Exception {
    start(runner(), "r/done-1", "exit 7");
    runner().await("r/done-1", LONG);
    start(runner(), "r/goes-1", "echo begun\nuntil test -e go; do sleep 0.02; done\necho done");
    var other = runner();
    assertThat(other.find("r/done-1")).contains(new Runner.Status.Exited(7));
    assertThat(other.find("r/goes-1")).contains(new Runner.Status.Running());
    assertThat(other.find("r/none-1")).isEmpty();
    assertThat(firstLine(other, "r/goes-1")).isEqualTo("begun");
    Files.writeString(work().resolve("go"), "");
    assertThat(other.await("r/goes-1", LONG)).isEqualTo(new Runner.Status.Exited(0));
    assertThat(logs(other, "r/goes-1", 0)).isEqualTo("begun\ndone\n");
  }

  @Test
  void aNameIsStartedOnce() throws Exception {
    start(runner(), "r/once-1", "echo x >> times");
    runner().await("r/once-1", LONG);
    start(runner(), "r/once-1", "echo x >> times");
    runner().await("r/once-1", LONG);
    assertThat(work().resolve("times")).hasContent("x");
  }

  @Test
  void waitingEndsInTime() throws Exception {
    var runner = runner();
    start(runner, "r/long-1", "sleep 600");
    assertThat(runner.await("r/long-1", Duration.ofMillis(30)).isRunning()).isTrue();
  }

  @Test
  void cancellingAsksFirst() throws Exception {
    var runner = runner();
    start(runner, "r/polite-1", "trap 'echo asked; exit 5' TERM\necho ready\nsleep 600 & wait");
    firstLine(runner, "r/polite-1");
    runner().cancel("r/polite-1", LONG);
    assertThat(runner.find("r/polite-1")).contains(new Runner.Status.Exited(5));
    assertThat(logs(runner, "r/polite-1", 0)).isEqualTo("ready\nasked\n");
    runner.cancel("r/polite-1", LONG);
  }

  @Test
  void whoeverDoesNotListenIsKilledWithAllItStarted() throws Exception {
    var runner = runner();
    start(
        runner,
        "r/deaf-1",
        "trap '' TERM\n(sleep 600 & echo $! > child; exec sleep 600) &\nwhile ! test -s child; do sleep 0.02; done\necho ready\nwhile true; do sleep 1; done");
    firstLine(runner, "r/deaf-1");
    long child = Long.parseLong(Files.readString(work().resolve("child")).strip());
    assertThat(isAlive(child)).isTrue();
    runner.cancel("r/deaf-1", Duration.ofMillis(100));
    assertThat(runner.find("r/deaf-1")).contains(new Runner.Status.Exited(137));
    assertThat(isGoneSoon(child)).isTrue();
  }

  @Test
  void whatACommandLeavesRunningEndsWithIt() throws Exception {
    var runner = runner();
    start(runner, "r/leaves-1", "sleep 600 &\necho $! > child");
    assertThat(runner.await("r/leaves-1", LONG)).isEqualTo(new Runner.Status.Exited(0));
    assertThat(isGoneSoon(Long.parseLong(Files.readString(work().resolve("child")).strip())))
        .isTrue();
  }

  @Test
  void memoryIsLimited() throws Exception {
    var runner = runner();
    runner.start("r/small-1", new Runner.Command(work(), "ulimit -v", PATH, 256L << 20));
    runner.await("r/small-1", LONG);
    assertThat(logs(runner, "r/small-1", 0)).isEqualTo("262144\n");
  }

  @Test
  void namesThatLeadElsewhereAreRefused() {
    assertThatThrownBy(() -> runner().find("../x-1")).isInstanceOf(InvalidInput.class);
    assertThatThrownBy(() -> runner().await("r/none-1", LONG)).isInstanceOf(NotFound.class);
  }

  /** A process that nobody has asked for its end is none either. */
  static boolean isAlive(long pid) {
    try {
      var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    } catch (IOException e) {
      return false;
    }
  }

  /** Signals are delivered in a moment. */
  static boolean isGoneSoon(long pid) {
    long deadline = System.nanoTime() + Duration.ofSeconds(5).toNanos();
    while (isAlive(pid)) {
      if (System.nanoTime() > deadline) return false;
      Thread.onSpinWait();
    }
    return true;
  }
}
