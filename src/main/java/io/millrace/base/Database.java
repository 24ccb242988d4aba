package io.millrace.base;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.function.Function;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationState;
import org.jdbi.v3.core.ConnectionFactory;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * The SQLite database of one data folder: WAL, synchronous=FULL, one writer thread, readers never
 * blocked.
 *
 * <p>Writers queue; the writer thread takes what has queued (at most 512), runs each in a savepoint
 * of its own inside one SQL transaction, commits once, then lets the callers go on. So a caller
 * that returns is durable, one that fails rolls back alone, and a single fdatasync serves many.
 */
public final class Database implements AutoCloseable {
  private static final int MOST_PER_COMMIT = 512;
  private static final int MOST_QUEUED = 10_000;
  private static final int READERS = 8;
  private static final int WRITER_CACHE_KIB = 64 << 10;

  private final Handle writer;
  private final BlockingQueue<Handle> readers = new LinkedBlockingQueue<>();
  private final BlockingQueue<Write<?>> queue = new ArrayBlockingQueue<>(MOST_QUEUED);
  private final Thread thread;
  private volatile boolean closed;

  /** What the writer takes last; nothing that is queued behind it is written. */
  private final Write<Boolean> last = new Write<>(_ -> true, new CompletableFuture<>());

  private record Write<T>(Function<Transaction, T> work, CompletableFuture<T> done) {}

  private Database(SQLiteDataSource source) {
    var jdbi = Jdbi.create((ConnectionFactory) source::getConnection);
    this.writer = opened(jdbi);
    // Indexes of values are written at random places: a page is read once, and copied home once for
    // many commits.
    writer.execute("pragma cache_size = -" + WRITER_CACHE_KIB);
    writer.execute("pragma wal_autocheckpoint = 8192");
    for (int i = 0; i < READERS; i++) readers.add(opened(jdbi));
    this.thread = Thread.ofPlatform().name("database-writer").start(this::writeLoop);
  }

  private static Handle opened(Jdbi jdbi) {
    var handle = jdbi.open();
    try {
      org.sqlite.Function.create(
          handle.getConnection(),
          "wildcard",
          new Wildcard(),
          3,
          org.sqlite.Function.FLAG_DETERMINISTIC);
      handle.setStatementBuilder(new Statements());
      return handle;
    } catch (SQLException e) {
      handle.close();
      throw new IllegalStateException(e);
    }
  }

  /** Opens the database, making or migrating it first. Refuses one that a newer program wrote. */
  public static Database open(Path file) {
    var config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.enforceForeignKeys(true);
    config.setBusyTimeout(10_000);
    // Nobody asks for them, and to provide them a pattern is matched with every statement's text,
    // in time that grows with the square of its length.
    config.setGetGeneratedKeys(false);
    var source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file.toAbsolutePath());
    migrate(source, file);
    return new Database(source);
  }

  private static void migrate(SQLiteDataSource source, Path file) {
    var flyway =
        Flyway.configure()
            .dataSource(source)
            .locations("classpath:db")
            .failOnMissingLocations(true)
            .load();
    for (var migration : flyway.info().all()) {
      if (migration.getState() == MigrationState.FUTURE_SUCCESS) {
        throw new Refused(
            "the data folder %s was written by a newer Millrace (its database has version %s): start that version, or choose another folder with --data"
                .formatted(file.toAbsolutePath().getParent(), migration.getVersion()));
      }
    }
    flyway.migrate();
  }

  /**
   * Runs the work in a transaction and returns once it is durable. What it throws rolls back only
   * itself.
   */
  public <T> T write(Function<Transaction, T> work) {
    if (Thread.currentThread() == thread)
      throw new IllegalStateException("a write inside a write: pass the Transaction on");
    var write = new Write<>(work, new CompletableFuture<T>());
    try {
      queue.put(write);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted before the write began");
    }
    if (closed && queue.remove(write))
      throw new Unavailable("the server is stopping: nothing was written");
    return Futures.join(write.done());
  }

  /** As {@link #write}, for work that returns nothing. */
  public void writing(Consumer<Transaction> work) {
    Function<Transaction, Boolean> counted =
        tx -> {
          work.accept(tx);
          return true;
        };
    write(counted);
  }

  /** Runs the work on a consistent view, beside any writer. */
  public <T> T read(Function<Snapshot, T> work) {
    Handle handle;
    try {
      handle = readers.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted before the read began");
    }
    try {
      return handle.inTransaction(h -> work.apply(new Snapshot(h)));
    } finally {
      readers.add(handle);
    }
  }

  /** How many writers wait for their turn. */
  int queued() {
    return queue.size();
  }

  private void writeLoop() {
    var batch = new ArrayList<Write<?>>();
    do {
      batch.clear();
      try {
        batch.add(queue.take());
      } catch (InterruptedException e) {
        continue; // Nobody means to: the end comes through the queue.
      }
      queue.drainTo(batch, MOST_PER_COMMIT - 1);
      commit(batch);
    } while (!batch.contains(last));
  }

  private void commit(List<Write<?>> batch) {
    var finished = new ArrayList<Runnable>();
    try {
      writer.begin();
      for (var write : batch) finished.add(attempt(write));
      writer.commit();
    } catch (RuntimeException | Error e) {
      try {
        if (writer.isInTransaction()) writer.rollback();
      } catch (RuntimeException again) {
        e.addSuppressed(again);
      }
      for (var write : batch) write.done().completeExceptionally(e);
      return;
    }
    finished.forEach(Runnable::run);
  }

  /** Runs one caller's work in a savepoint; the answer is given out after the commit. */
  private <T> Runnable attempt(Write<T> write) {
    var tx = new Transaction(writer);
    writer.savepoint("caller");
    try {
      T result = write.work().apply(tx);
      writer.releaseSavepoint("caller");
      return () -> {
        try {
          tx.afterCommit().forEach(Runnable::run);
          write.done().complete(result);
        } catch (RuntimeException | Error e) {
          write.done().completeExceptionally(e);
        }
      };
    } catch (RuntimeException | Error e) {
      writer.rollbackToSavepoint("caller");
      return () -> write.done().completeExceptionally(e);
    }
  }

  /** Lets the writes that are queued end, then closes; later ones are refused. */
  @Override
  public void close() {
    closed = true;
    try {
      queue.put(last);
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    readers.forEach(Handle::close);
    writer.close();
  }
}
