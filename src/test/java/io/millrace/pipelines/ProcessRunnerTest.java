package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ProcessRunnerTest extends RunnerContract {
  @Override
  Runner runner(Path root) {
    return new ProcessRunner(root);
  }

  @Test
  void aSupervisorThatWasKilledIsLostAndANumberThatWasGivenAnewIsNotMistaken() throws Exception {
    var runner = runner(folder);
    runner.start(
        "r/lost-1", new Runner.Command(folder, "sleep 600", Map.of("PATH", "/usr/bin:/bin"), null));
    var pid = folder.resolve("r/lost-1/runner/pid");
    long supervisor = Long.parseLong(Files.readString(pid).split(" ", -1)[0]);
    Files.writeString(pid, Files.readString(pid).replaceFirst(" .", " 9"));
    assertThat(runner.find("r/lost-1")).contains(new Runner.Status.Lost());
    runner.cancel("r/lost-1", Duration.ZERO);
    assertThat(isAlive(supervisor)).isTrue();
    ProcessHandle.of(supervisor)
        .ifPresent(process -> {
          process.descendants().forEach(ProcessHandle::destroyForcibly);
          process.destroyForcibly();
        });
  }
}
