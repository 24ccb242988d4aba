package io.millrace.pipelines;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.Transaction;
import io.millrace.metadata.Metadata;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What all steps of all runs share. */
final class Engine {
  final Database database;
  final Artifacts artifacts;
  final Metadata metadata;
  final Catalog catalog;
  final Map<String, EffectOwner> owners;
  final RunTracker tracker;
  final RunWatcher watcher;
  final String program;
  final Clock clock;
  final Capacity capacity;
  final RunStore runs = new RunStore();
  final StepStore steps = new StepStore();
  final InstanceStore instances = new InstanceStore();
  final RunFiles files = new RunFiles();
  final EventStore events = new EventStore();
  final TestStore tests = new TestStore();
  final SecretUseStore secrets = new SecretUseStore();
  final StepCache cache;
  final Signals signals = new Signals();
  final TriggerEvents triggers;
  final Approvals approvals;

  /** The keys that are being worked on; whoever else needs one waits for its end. */
  final Map<Digest, CompletableFuture<Boolean>> flights = new ConcurrentHashMap<>();

  /** How long the finally steps of a run that was cancelled may take, all together. */
  Duration cleanup = Duration.ofMinutes(5);

  private final Path work;

  Engine(
      Database database,
      Artifacts artifacts,
      Metadata metadata,
      Catalog catalog,
      Map<String, EffectOwner> owners,
      RunTracker tracker,
      RunWatcher watcher,
      String program,
      Path work,
      Clock clock) {
    this.database = database;
    this.artifacts = artifacts;
    this.metadata = metadata;
    this.catalog = catalog;
    this.capacity = new Capacity(catalog.capacities().amounts());
    this.owners = owners;
    this.tracker = tracker;
    this.watcher = watcher;
    this.program = program;
    this.work = work;
    this.clock = clock;
    this.cache = new StepCache(artifacts);
    this.triggers = new TriggerEvents(clock);
    this.approvals = new Approvals(this);
  }

  Capacities capacities() {
    return catalog.capacities();
  }

  Instant now() {
    return clock.instant();
  }

  /** Notes an event, and wakes those who wait for one of the run. */
  void tell(
      Transaction tx,
      String run,
      @Nullable String step,
      String type,
      String message,
      @Nullable Double share) {
    events.insert(tx, run, step, type, message, share, now());
    tx.afterCommit(() -> signals.happened(run));
  }

  EffectOwner owner(Effect effect) {
    var owner = owners.get(effect.kind());
    if (owner == null)
      throw new IllegalStateException("nobody owns effects of kind " + effect.kind());
    return owner;
  }

  /** Where the attempts' own folders lie, none of which outlives its attempt. */
  Path attempts() {
    return Pipelines.attempts(work);
  }

  /** An attempt's name, RUN/STEP-ATTEMPT: of its command, and of its folder below attempts. */
  static String command(String run, String step, int attempt) {
    return "%s/%s-%d".formatted(run, Instances.plain(step), attempt);
  }

  /** Where an attempt logs. */
  Path log(String run, String step, int attempt) {
    var name = attempt <= 1 ? step : step + "-" + attempt;
    return work.resolve("logs").resolve(run).resolve(name + ".log");
  }
}
