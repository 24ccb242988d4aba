package io.millrace.serving.predictions;

import io.millrace.base.Database;
import io.millrace.base.Ids;
import io.millrace.base.Niceness;
import io.millrace.data.Datasets;
import io.millrace.data.Engine;
import io.millrace.data.Sql;
import io.millrace.data.TableFiles;
import io.millrace.serving.EndpointName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Turns complete segments into Parquet files, one for each endpoint and day, merges small files,
 * and deletes what is older than it is to be kept.
 *
 * <p>Which files count is said by the database alone, so that each of these changes is one
 * transaction: at any moment, also after a kill between any two steps, a prediction is read once.
 * Files that do not count (any more) are swept when nobody reads. One thread does all of it.
 */
final class Compactor implements AutoCloseable {
  /** So many files of an endpoint, a day and a level become one of the next level. */
  static final int MERGED = 16;

  private static final Logger LOG = System.getLogger(Compactor.class.getName());
  private static final String DAY = "cast(floor(epoch(time) / 86400) as bigint)";

  /** Told of each step, so that tests can end it there. */
  @FunctionalInterface
  interface Steps {
    void reached(String step);
  }

  /** What it works on. */
  record Room(Path folder, Segments segments, Database database, Datasets datasets, Clock clock) {}

  private final Room room;
  private final PredictionStore store = new PredictionStore();
  private final Function<EndpointName, LogSettings> settings;
  private final LongSupplier open;
  private final Semaphore due;
  private final Steps steps;
  private final Ids ids;
  private final ReadWriteLock readers = new ReentrantReadWriteLock();
  private final Thread thread;
  private volatile boolean closing;

  /**
   * @param open the number of the segment that is still written
   * @param due gets a permit when there is something to do
   */
  Compactor(
      Room room,
      Function<EndpointName, LogSettings> settings,
      LongSupplier open,
      Semaphore due,
      Steps steps) {
    this.room = room;
    this.settings = settings;
    this.open = open;
    this.due = due;
    this.steps = steps;
    this.ids = new Ids(room.clock());
    this.thread = Thread.ofPlatform().daemon().name("prediction-compaction").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** While this is locked, no file goes. */
  Lock reading() {
    return readers.readLock();
  }

  private void run() {
    Niceness.standBack();
    boolean failing = false;
    while (!closing) {
      try {
        work();
        failing = false;
      } catch (RuntimeException e) {
        if (!failing && !closing) LOG.log(Level.ERROR, "predictions are not compacted", e);
        failing = true;
      }
      try {
        // Once an hour also without a new segment, since days end.
        boolean _ = due.tryAcquire(failing ? 60 : 3_600, TimeUnit.SECONDS);
        due.drainPermits();
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Does all there is to do. */
  void work() {
    sweep();
    for (var segment : room.segments().list().entrySet()) {
      if (closing) return;
      if (segment.getKey() != open.getAsLong() && !compacted(segment.getKey()))
        compact(segment.getKey(), segment.getValue());
    }
    merge();
    retire();
    sweep();
  }

  private boolean compacted(long number) {
    return room.database().read(store::compacted).contains(number);
  }

  private record Part(String endpoint, long day, long rows) {}

  private void compact(long number, Path segment) {
    var files = new ArrayList<PredictionStore.File>();
    try (var engine = room.datasets().engine(1, room.folder())) {
      engine.execute("create table logged (%s)".formatted(Logged.COLUMNS));
      TableFiles.append(
          engine,
          "logged",
          rows ->
              Segments.read(
                  segment,
                  logged -> {
                    int count = logged.rows();
                    for (int row = 0; row < count; row++) rows.add(logged.row(row, count));
                  }));
      var parts =
          engine.query(
              "select endpoint, %s, count(*) from logged group by all order by all".formatted(DAY),
              row -> new Part(row.getString(1), row.getLong(2), row.getLong(3)));
      for (var part : parts) {
        var rows =
            "select * from logged where endpoint = %s and %s = %d order by id"
                .formatted(Sql.text(part.endpoint()), DAY, part.day());
        files.add(publish(engine, rows, part, 0));
      }
    }
    steps.reached("files of a segment written");
    room.database()
        .writing(tx -> {
          store.insert(tx, files);
          store.insertSegment(tx, number);
        });
    steps.reached("files of a segment count");
  }

  /** Writes rows as a file that does not count yet. */
  private PredictionStore.File publish(Engine engine, String rows, Part part, int level) {
    try {
      var written = engine.writeParquet(rows, engine.folder().resolve("part.parquet"));
      try (var channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      var of = room.folder().resolve("endpoint=" + part.endpoint());
      var target = of.resolve("day=" + LocalDate.ofEpochDay(part.day()));
      Files.createDirectories(target);
      var file = target.resolve(ids.next() + ".parquet");
      Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
      for (var folder : List.of(target, of, room.folder())) Segments.sync(folder);
      return new PredictionStore.File(
          room.folder().relativize(file).toString(),
          part.endpoint(),
          part.day(),
          level,
          part.rows(),
          Files.size(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private record Group(String endpoint, long day, int level) {}

  private void merge() {
    var groups =
        files().stream()
            .collect(Collectors.groupingBy(f -> new Group(f.endpoint(), f.day(), f.level())));
    for (var group : groups.entrySet()) {
      if (closing) return;
      if (group.getValue().size() >= MERGED) merge(group.getKey(), group.getValue());
    }
  }

  private void merge(Group group, List<PredictionStore.File> files) {
    PredictionStore.File merged;
    try (var engine = room.datasets().engine(1, room.folder())) {
      long rows = files.stream().mapToLong(PredictionStore.File::predictions).sum();
      merged =
          publish(
              engine,
              "select * from %s order by id".formatted(relation(files)),
              new Part(group.endpoint(), group.day(), rows),
              group.level() + 1);
    }
    steps.reached("merged file written");
    room.database()
        .writing(tx -> {
          store.delete(tx, files);
          store.insert(tx, List.of(merged));
        });
    steps.reached("merged file counts");
  }

  /** An SQL expression for the rows of files. */
  String relation(List<PredictionStore.File> files) {
    return "read_parquet([%s], hive_partitioning = false)"
        .formatted(
            files.stream()
                .map(f -> Sql.text(room.folder().resolve(f.path()).toString()))
                .collect(Collectors.joining(", ")));
  }

  private List<PredictionStore.File> files() {
    return room.database().read(s -> store.files(s, null, Long.MIN_VALUE, Long.MAX_VALUE));
  }

  private void retire() {
    long today = Span.day(room.clock().instant());
    var old =
        files().stream()
            .filter(
                f -> f.day() < today - settings.apply(new EndpointName(f.endpoint())).keepDays())
            .toList();
    var oldest = files().stream().mapToLong(PredictionStore.File::day).min().orElse(today);
    long kept = Math.min(oldest, today - LogSettings.KEEP_DAYS);
    var before = Span.id(Instant.ofEpochSecond(kept * 86_400L));
    room.database()
        .writing(tx -> {
          store.delete(tx, old);
          store.deleteFeedback(tx, before);
        });
    if (!old.isEmpty()) {
      LOG.log(
          Level.INFO,
          "predictions=%d files=%d deleted: older than they are to be kept"
              .formatted(
                  old.stream().mapToLong(PredictionStore.File::predictions).sum(), old.size()));
    }
  }

  /** Deletes files that do not count, unless somebody reads: then the next time. */
  private void sweep() {
    if (!readers.writeLock().tryLock()) return;
    try {
      Map<Path, PredictionStore.File> counting =
          files().stream()
              .collect(Collectors.toMap(f -> room.folder().resolve(f.path()), Function.identity()));
      try (var all = Files.walk(room.folder())) {
        for (var file : all.filter(Files::isRegularFile).toList())
          if (!counting.containsKey(file)) Files.delete(file);
      }
      var there = room.segments().list();
      for (long number : room.database().read(store::compacted)) {
        var file = there.get(number);
        if (file != null) {
          Files.delete(file);
          room.segments().sync();
        }
        steps.reached("segment deleted");
        room.database().writing(tx -> store.deleteSegment(tx, number));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      readers.writeLock().unlock();
    }
  }

  /** Returns when what it is doing is done. */
  @Override
  public void close() {
    closing = true;
    due.release();
    if (!thread.isAlive()) return;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
