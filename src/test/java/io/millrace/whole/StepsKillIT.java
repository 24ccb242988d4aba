package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 of the server, or of a step's process, at random moments: a command that runs is taken up
 * again and not begun anew, what has finished is never done again, and everything is published
 * once.
 */
final class StepsKillIT {
  private static final int KILLS =
      Integer.getInteger("millrace.kills", Boolean.getBoolean("millrace.soak") ? 500 : 25);
  private static final int STEPS = 24;

  @TempDir Path folder;

  /** How often each step's command was begun on purpose after its process was killed. */
  private final Map<String, Integer> killed = new HashMap<>();

  private Duration slowest = Duration.ZERO;
  private int adopted;

  @Test
  void nothingIsLostNorDoneTwice() throws Exception {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var data = folder.resolve("data");
    var project = Files.createDirectories(folder.resolve("project/pipelines")).getParent();
    Files.writeString(project.resolve("millrace.yaml"), "name: kills\n");
    Files.writeString(project.resolve("pipelines/kills.yaml"), pipeline(random));
    var program = Program.up(data);
    try {
      program.done("apply", project.toString());
      int kill = 0;
      for (int run = 0; kill < KILLS; run++) {
        var id = start(program, run);
        killed.clear();
        Map<String, JsonNode> finished = new HashMap<>();
        while (kill < KILLS) {
          var where = "seed %d, run %d, kill %d".formatted(seed, run, kill);
          TimeUnit.MILLISECONDS.sleep(random.nextInt(1_500));
          finished.putAll(Published.finished(program, id, finished, where));
          if (finished.size() == STEPS) break;
          if (random.nextInt(5) < 2) {
            killStep(data, random);
          } else {
            program.kill();
            var working = working(data);
            program = Program.up(data);
            takenUp(program, id, working, where);
          }
          kill++;
        }
        var where = "seed %d, run %d, kill %d".formatted(seed, run, kill);
        check(program, id, finished, run, where);
      }
      assertThat(adopted).as("seed %d: no command was taken up again", seed).isPositive();
    } finally {
      program.close();
    }
    System.out.printf(
        "%d kills: %d commands taken up again, the slowest %d ms after the server was ready%n",
        KILLS, adopted, slowest.toMillis());
  }

  /** Commands that take up to two seconds, in between steps of the program's own. */
  private String pipeline(Random random) {
    var text = new StringBuilder("name: kills\nparams: { run: { type: integer } }\nsteps:\n");
    for (int step = 0; step < STEPS; step++) {
      var need = step == 0 ? "" : ", needs: s" + random.nextInt(step);
      if (step % 4 == 3) {
        text.append(
            "  s%d: { uses: core/value, with: { value: [%d, \"${{ params.run }}\"] }%s }\n"
                .formatted(step, step, need));
        continue;
      }
      text.append(
          """
            s%d:
              run: |
                echo "s%d $MILLRACE_PARAM_RUN begun" >> %s
                sleep %.2f
                echo %d > "$MILLRACE_OUTPUTS/n"
                echo "s%d $MILLRACE_PARAM_RUN done" >> %s
              with: { run: "${{ params.run }}" }
              outputs: { n: integer }
              retry: { attempts: 20, backoff: 100ms, factor: 1 }
              needs: [%s]
          """
              .formatted(
                  step,
                  step,
                  lines(),
                  random.nextDouble() * 2,
                  step,
                  step,
                  lines(),
                  step == 0 ? "" : "s" + random.nextInt(step)));
    }
    return text.toString();
  }

  private Path lines() {
    return folder.resolve("lines");
  }

  private static String start(Program program, int run) {
    var started =
        program.post("/api/v1/pipelines/kills/runs", "{\"params\":{\"run\":%d}}".formatted(run));
    assertThat(started.statusCode()).as(started.body()).isLessThan(300);
    return Json.parse(started.body()).path("id").asText();
  }

  private static List<Path> controls(Path data) throws IOException {
    var attempts = data.resolve("work/runs/attempts");
    if (!Files.isDirectory(attempts)) return List.of();
    try (Stream<Path> found = Files.walk(attempts, 3)) {
      return found
          .filter(path -> path.endsWith("runner") && Files.exists(path.resolve("pid")))
          .sorted()
          .toList();
    }
  }

  private static long pid(Path control) throws IOException {
    return Long.parseLong(Files.readString(control.resolve("pid")).split(" ", -1)[0]);
  }

  /** The attempts, as STEP-NUMBER, whose commands are at work. */
  private static List<String> working(Path data) throws IOException {
    var working = new ArrayList<String>();
    for (var control : controls(data)) {
      if (!Files.exists(control.resolve("exit"))
          && ProcessHandle.of(pid(control)).map(ProcessHandle::isAlive).orElse(false))
        working.add(control.getParent().getFileName().toString());
    }
    return working;
  }

  /** Kills the command of some step, or its supervisor with it. */
  private void killStep(Path data, Random random) throws Exception {
    var controls = controls(data);
    if (controls.isEmpty()) return;
    var control = controls.get(random.nextInt(controls.size()));
    var attempt = control.getParent().getFileName().toString();
    killed.merge(attempt.substring(0, attempt.lastIndexOf('-')), 1, Integer::sum);
    var supervisor = ProcessHandle.of(pid(control));
    if (random.nextBoolean()) {
      new ProcessBuilder("kill", "-9", "--", "-" + pid(control))
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } else {
      supervisor.stream().flatMap(ProcessHandle::children).forEach(ProcessHandle::destroyForcibly);
    }
  }

  /** Waits until the commands at work have been taken up by the server, which is ready. */
  private void takenUp(Program program, String run, List<String> working, String where)
      throws Exception {
    var ready = Instant.now();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    for (var attempt : working) {
      var step = attempt.substring(0, attempt.lastIndexOf('-'));
      JsonNode found;
      do {
        found = takenUp(program, run, step, ready);
        assertThat(System.nanoTime())
            .as("%s: %s is not taken up", where, step)
            .isLessThan(deadline);
      } while (found.isMissingNode());
      var after = Duration.between(ready, Instant.parse(found.path("at").asText()));
      if (after.compareTo(slowest) > 0) slowest = after;
      adopted++;
    }
  }

  /** The newest event that says so since the server came back, which may have been before ready. */
  private static JsonNode takenUp(Program program, String run, String step, Instant ready) {
    long after = 0;
    JsonNode found = Json.object().path("none");
    while (true) {
      var events =
          Json.parse(program.get("/api/v1/runs/%s/events?after=%d".formatted(run, after)).body())
              .path("events");
      if (events.isEmpty()) return found;
      for (var event : events) {
        after = event.path("seq").asLong();
        if (event.path("step").asText().equals(step)
            && event.path("message").asText().equals("running: taken up again")
            && Instant.parse(event.path("at").asText()).isAfter(ready.minusSeconds(20)))
          found = event;
      }
    }
  }

  private void check(
      Program program, String id, Map<String, JsonNode> finished, int run, String where)
      throws IOException {
    var ended = Published.ended(program, id);
    assertThat(ended.path("state").asText()).as("%s: %s", where, ended).isEqualTo("succeeded");
    Published.finished(program, id, finished, where);
    var lines = Files.readAllLines(lines());
    for (var step : ended.path("steps")) {
      var name = step.path("name").asText();
      assertThat(Published.times(step)).as("%s: %s", where, step).isEqualTo(1);
      if (!step.path("uses").asText().startsWith("run:")) continue;
      long begun = lines.stream().filter("%s %d begun".formatted(name, run)::equals).count();
      assertThat(begun)
          .as("%s: %s was begun", where, name)
          .isBetween(1L, 1L + killed.getOrDefault(name, 0));
    }
  }
}
