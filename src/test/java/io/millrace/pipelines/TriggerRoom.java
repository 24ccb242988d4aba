package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Database;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.definitions.Definitions;
import io.millrace.metadata.ExecutionId;
import io.millrace.metadata.Metadata;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** Triggers on a real database, with a clock that the test moves. */
final class TriggerRoom implements AutoCloseable {
  static final String SECRET = "a secret between two";

  final MovingClock clock = new MovingClock(Instant.parse("2026-03-02T05:59:30Z"));
  final Database database;
  final TriggerEvents events = new TriggerEvents(clock);
  final CountDownLatch release = new CountDownLatch(1);
  private final Artifacts artifacts;
  private final Metadata metadata;
  private final Path folder;
  Pipelines pipelines;
  Triggers triggers;
  Definitions definitions;

  TriggerRoom(Path folder) {
    this.folder = folder;
    database = Database.open(folder.resolve("millrace.db"));
    artifacts = new Artifacts(folder.resolve("artifacts"));
    metadata = new Metadata(database, clock);
    reopen();
  }

  /** As after a restart of the program that was killed. */
  void reopen() {
    pipelines =
        new Pipelines(
            database,
            artifacts,
            metadata,
            List.of(new NoopComponent(), new ValueComponent(), new Register(), new Hold()),
            List.of(new Models()),
            (_, _, _) -> new Silent(),
            "program",
            folder.resolve("work"),
            new Commands(new ProcessRunner(Pipelines.attempts(folder.resolve("work"))), () -> ""),
            List.of(),
            clock);
    definitions = new Definitions(database, metadata, List.of(pipelines.kind()), clock);
    triggers = new Triggers(database, pipelines, SECRET, clock);
  }

  /**
   * Makes these the pipelines of the project, each of one step that does nothing but what is said.
   */
  void apply(String... texts) {
    var files = new String[2 * texts.length];
    for (int i = 0; i < texts.length; i++) {
      files[2 * i] = "pipelines/p%d.yaml".formatted(i);
      files[2 * i + 1] = texts[i];
    }
    definitions.apply(Bench.files(files));
  }

  static String pipeline(String name, String on) {
    return pipeline(name, on, "{ uses: core/noop }");
  }

  static String pipeline(String name, String on, String step) {
    return "name: %s\non:\n  %s\nsteps:\n  only: %s\n".formatted(name, on, step);
  }

  /** The newest first. */
  List<Firing> firings() {
    return triggers.firings(null, 1_000);
  }

  Firing last() {
    return firings().getFirst();
  }

  /** As "due due started", the oldest first. */
  String states() {
    return String.join(" ", firings().reversed().stream().map(f -> f.state().text()).toList());
  }

  void tickAfter(Duration time) {
    clock.now = clock.now.plus(time);
    triggers.tick();
  }

  /** Ticks until nothing is due any more, and waits for the runs. */
  void settle() {
    do {
      triggers.tick();
      for (var firing : firings())
        if (firing.run() != null) pipelines.await(firing.run(), Bench.LONG);
    } while (firings().stream().anyMatch(f -> f.state() == Firing.State.DUE));
  }

  @Override
  public void close() {
    release.countDown();
    triggers.close();
    pipelines.close();
    database.close();
  }

  static final class MovingClock extends Clock {
    volatile Instant now;

    MovingClock(Instant now) {
      this.now = now;
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  /** Asks for a version of the model "m". */
  private static final class Register implements Component {
    @Override
    public String name() {
      return "test/register";
    }

    @Override
    public String meaning() {
      return "A fake.";
    }

    @Override
    public List<Input> inputs() {
      return List.of();
    }

    @Override
    public List<Output> outputs() {
      return List.of();
    }

    @Override
    public Result run(Task task) {
      return new Result(Map.of(), Map.of(), List.of(new Effect("model", Json.object())), Map.of());
    }
  }

  /** Goes on only when released. */
  private final class Hold implements Component {
    @Override
    public String name() {
      return "test/hold";
    }

    @Override
    public String meaning() {
      return "A fake.";
    }

    @Override
    public List<Input> inputs() {
      return List.of();
    }

    @Override
    public List<Output> outputs() {
      return List.of();
    }

    @Override
    public Result run(Task task) throws Exception {
      release.await();
      return new Result(Map.of(), Map.of(), List.of(), Map.of());
    }
  }

  private final class Models implements EffectOwner {
    @Override
    public String kind() {
      return "model";
    }

    @Override
    public Optional<Map<String, JsonNode>> stands(Snapshot snapshot, Effect effect) {
      return Optional.empty();
    }

    @Override
    public Object prepare(Effect effect) {
      return effect;
    }

    @Override
    public Map<String, JsonNode> apply(
        Transaction tx, Effect effect, Object prepared, ExecutionId execution) {
      events.modelVersion(tx, "m", 1);
      return Map.of();
    }
  }

  private static final class Silent implements RunLog {
    @Override
    public String id() {
      return "";
    }

    @Override
    public void param(String name, String value) {}

    @Override
    public void metric(String name, double value, long at) {}

    @Override
    public void close(boolean succeeded) {}
  }
}
