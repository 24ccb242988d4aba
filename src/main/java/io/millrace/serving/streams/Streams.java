package io.millrace.serving.streams;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.Ids;
import io.millrace.base.Json;
import io.millrace.base.Names;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.ExecutionState;
import io.millrace.metadata.Metadata;
import io.millrace.serving.Endpoints;
import io.millrace.serving.Inference;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The streams of this server. Which there are and which run is in rows, how far each has come in
 * its group's offsets at Kafka: a server that starts again goes on from there. Thread-safe.
 */
public final class Streams implements AutoCloseable {
  private static final int MOST = 100;

  private final Database database;
  private final Metadata metadata;
  private final Endpoints endpoints;
  private final Tools tools;
  private final MeterRegistry registry;
  private final Clock clock;
  private final Ids ids;
  private final StreamStore store = new StreamStore();
  private final ConcurrentMap<StreamName, StreamMeters> meters = new ConcurrentHashMap<>();

  /** Held while streams are begun and ended, so that a stream has one worker. */
  private final ReentrantLock changing = new ReentrantLock();

  private final Map<StreamName, Worker> workers = new HashMap<>();

  /** How streams ask, read, write and connect. */
  public record Tools(
      Inference inference, MessageFormat format, Brokers brokers, Topics.Opener opener) {}

  public Streams(
      Database database,
      Metadata metadata,
      Endpoints endpoints,
      Tools tools,
      MeterRegistry registry,
      Clock clock) {
    this.database = database;
    this.metadata = metadata;
    this.endpoints = endpoints;
    this.tools = tools;
    this.registry = registry;
    this.clock = clock;
    this.ids = new Ids(clock);
  }

  /** Goes on with the streams that ran. */
  public void start() {
    changing(() -> {
      for (var row : database.read(store::list)) if (row.running()) begin(row);
      return true;
    });
  }

  /** Makes the stream what is said, and run. */
  public Stream put(StreamDefinition definition) {
    tools.brokers().resolve(definition.bootstrap());
    endpoints.endpoint(definition.endpoint()); // refuses one that is not there
    return changing(() -> {
      var row =
          database.write(tx -> {
            var before = store.find(tx, definition.name()).orElse(null);
            if (before == null && store.list(tx).size() >= MOST)
              throw new Conflict(
                  "there are %d streams, which is the most: delete one with `millrace stream delete NAME`"
                      .formatted(MOST));
            var member = before == null ? ids.next() : before.member();
            var now = new StreamStore.Row(definition, member, true);
            if (now.equals(before)) return now;
            store.put(tx, now, clock.instant());
            note(tx, definition, "start");
            return now;
          });
      return begun(row);
    });
  }

  /** Lets a stream that was stopped run again. */
  public Stream start(StreamName name) {
    return changing(() -> begun(set(name, true)));
  }

  /** Returns when it reads and writes no more; what it had not written comes when it runs again. */
  public Stream stop(StreamName name) {
    return changing(() -> {
      var row = set(name, false);
      end(name);
      return meters(name).stream(row.definition(), false);
    });
  }

  /** Forgets the stream; topics and the group's offsets stay. */
  public void delete(StreamName name) {
    changing(() -> {
      database.writing(tx -> {
        var row = row(tx, name);
        store.delete(tx, name);
        note(tx, row.definition(), "delete");
      });
      end(name);
      var counted = meters.remove(name);
      if (counted != null) counted.remove();
      return true;
    });
  }

  public Stream stream(StreamName name) {
    var row = database.read(s -> row(s, name));
    return meters(name).stream(row.definition(), row.running());
  }

  public List<Stream> list() {
    return database.read(store::list).stream()
        .map(row -> meters(row.definition().name()).stream(row.definition(), row.running()))
        .toList();
  }

  private StreamStore.Row set(StreamName name, boolean running) {
    return database.write(tx -> {
      var before = row(tx, name);
      if (before.running() == running) return before;
      var now = new StreamStore.Row(before.definition(), before.member(), running);
      store.put(tx, now, clock.instant());
      note(tx, before.definition(), running ? "start" : "stop");
      return now;
    });
  }

  private StreamStore.Row row(Snapshot s, StreamName name) {
    return store
        .find(s, name)
        .orElseThrow(() -> {
          var names = store.list(s).stream().map(row -> row.definition().name().value()).toList();
          return new NotFound(
              "no stream \"%s\"%s".formatted(name, Names.suggestion(name.value(), names)));
        });
  }

  private void note(Transaction tx, StreamDefinition stream, String verb) {
    var execution =
        metadata.begin(
            tx,
            verb,
            "%s stream %s".formatted(verb, stream.name()),
            Json.object().set("stream", Json.tree(stream)));
    metadata.input(
        tx,
        execution,
        metadata.artifact(
            tx, ArtifactType.ENDPOINT, null, stream.endpoint().value(), Json.object()),
        "endpoint");
    metadata.end(tx, execution, ExecutionState.COMPLETE, Json.object());
  }

  private StreamMeters meters(StreamName name) {
    return meters.computeIfAbsent(name, _ -> new StreamMeters(registry, name, clock));
  }

  private Stream begun(StreamStore.Row row) {
    begin(row);
    return meters(row.definition().name()).stream(row.definition(), true);
  }

  private void begin(StreamStore.Row row) {
    var name = row.definition().name();
    var there = workers.get(name);
    if (there != null && there.row().equals(row)) return;
    end(name);
    workers.put(name, new Worker(row, tools, meters(name)));
  }

  private void end(StreamName name) {
    var worker = workers.remove(name);
    if (worker != null) worker.close();
  }

  private <T extends @Nullable Object> T changing(Supplier<T> work) {
    changing.lock();
    try {
      return work.get();
    } finally {
      changing.unlock();
    }
  }

  /** Ends the work; which streams run stays as it is. */
  @Override
  public void close() {
    changing(() -> {
      var all = List.copyOf(workers.values());
      workers.clear();
      all.forEach(Worker::stop);
      all.forEach(Worker::close);
      return true;
    });
  }
}
