package io.millrace.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseTest {
  @TempDir Path folder;
  private Database database;

  @BeforeEach
  void open() {
    database = Database.open(folder.resolve("millrace.db"));
    database.writing(tx ->
        tx.update("create table note (writer integer primary key, text text not null)").execute());
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void writerSyncsEveryCommit() {
    int synchronous = database.write(tx -> tx.query("pragma synchronous").mapTo(int.class).one());
    var journal = database.write(tx -> tx.query("pragma journal_mode").mapTo(String.class).one());
    assertThat(synchronous).as("2 is FULL").isEqualTo(2);
    assertThat(journal).isEqualTo("wal");
  }

  @Test
  void failingCallerRollsBackAlone() throws Exception {
    var outcomes =
        together(
            20,
            (tx, i) -> {
              insert(tx, i);
              if (i % 5 == 0) throw new Conflict("writer " + i);
            });
    assertThat(outcomes).filteredOn(o -> o.startsWith("writer")).hasSize(4);
    assertThat(writers()).hasSize(16).noneMatch(i -> i % 5 == 0);
  }

  @Test
  void callerThatBreaksAConstraintRollsBackAlone() throws Exception {
    insert(3);
    var outcomes =
        together(
            8,
            (tx, i) -> {
              insert(tx, 100 + i);
              insert(tx, i);
            });
    assertThat(outcomes)
        .filteredOn(o -> !o.equals("done"))
        .hasSize(1)
        .allMatch(o -> o.contains("UNIQUE"));
    assertThat(writers()).hasSize(15).doesNotContain(103);
  }

  @Test
  void concurrentWritersShareCommits() throws Exception {
    var seen = new ArrayList<List<Integer>>();
    var outcomes =
        together(
            200,
            (tx, i) -> {
              insert(tx, i);
              seen.add(writers());
            });
    assertThat(outcomes).hasSize(200).containsOnly("done");
    assertThat(writers()).hasSize(200);
    assertThat(seen)
        .as("what readers saw during 200 writes: only whole commits")
        .containsOnly(List.of());
  }

  @Test
  void readerIsNotBlockedByAWriterAndSeesOnlyWhatIsCommitted() throws Exception {
    var inside = new CountDownLatch(1);
    var seen = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var writing =
          threads.submit(() ->
              database.writing(tx -> {
                tx.update("insert into note values (1, 'uncommitted')").execute();
                inside.countDown();
                await(seen);
              }));
      await(inside);
      assertThat(writers()).isEmpty();
      seen.countDown();
      writing.get();
    }
    assertThat(writers()).containsExactly(1);
  }

  @Test
  void readerKeepsItsViewWhileOthersWrite() {
    List<Integer> counts =
        database.read(s -> {
          int first = s.query("select count(*) from note").mapTo(int.class).one();
          insert(1);
          return List.of(first, s.query("select count(*) from note").mapTo(int.class).one());
        });
    assertThat(counts).containsExactly(0, 0);
  }

  @Test
  void afterCommitRunsOnlyForWhatCommitted() {
    var ran = new AtomicInteger();
    database.writing(tx -> tx.afterCommit(ran::incrementAndGet));
    assertThatThrownBy(() ->
            database.writing(tx -> {
              tx.afterCommit(ran::incrementAndGet);
              throw new Conflict("no");
            }))
        .isInstanceOf(Conflict.class);
    assertThat(ran).hasValue(1);
  }

  @Test
  void writeInsideAWriteIsAFault() {
    assertThatThrownBy(() -> database.writing(_ -> insert(1)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void whatIsWrittenIsThereAfterReopening() {
    insert(7);
    database.close();
    database = Database.open(folder.resolve("millrace.db"));
    assertThat(writers()).containsExactly(7);
  }

  @Test
  void closeEndsWhileOthersWriteAndWhatReturnedIsThere() throws Exception {
    for (int round = 0; round < 20; round++) {
      var acknowledged = new AtomicInteger();
      var before = writers().size();
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int i = 0; i < 16; i++) threads.execute(() -> writeUntilRefused(acknowledged));
        while (acknowledged.get() < 20) Thread.onSpinWait();
        assertThat(threads.submit(database::close)).succeedsWithin(Duration.ofSeconds(30));
      }
      database = Database.open(folder.resolve("millrace.db"));
      assertThat(writers()).hasSize(before + acknowledged.get());
    }
  }

  private void writeUntilRefused(AtomicInteger acknowledged) {
    try {
      while (true) {
        database.writing(tx -> tx.update("insert into note (text) values ('x')").execute());
        acknowledged.incrementAndGet();
      }
    } catch (Unavailable e) {
      assertThat(e).hasMessageContaining("stopping");
    }
  }

  @Test
  void databaseOfANewerProgramIsRefused() throws SQLException {
    database.close();
    try (var connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("millrace.db"));
        var statement = connection.createStatement()) {
      statement.execute(
          """
          insert into flyway_schema_history (installed_rank, version, description, type, script, installed_by, execution_time, success)
          values (999, '999', 'future', 'SQL', 'V999__future.sql', 'x', 1, 1)
          """);
    }
    assertThatThrownBy(() -> Database.open(folder.resolve("millrace.db")))
        .isInstanceOf(Refused.class)
        .hasMessageContaining("newer Millrace")
        .hasMessageContaining("--data");
  }

  /**
   * Queues the writers behind one that waits, so that they share the next commit; their outcomes in
   * order.
   */
  private List<String> together(int count, BiConsumer<Transaction, Integer> work) throws Exception {
    var begun = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      threads.execute(() ->
          database.writing(_ -> {
            begun.countDown();
            await(go);
          }));
      await(begun);
      var outcomes = new ArrayList<Future<String>>();
      for (int i = 0; i < count; i++) {
        int writer = i;
        outcomes.add(threads.submit(() -> outcome(tx -> work.accept(tx, writer))));
      }
      while (database.queued() < count) Thread.onSpinWait();
      go.countDown();
      var texts = new ArrayList<String>();
      for (var outcome : outcomes) texts.add(outcome.get());
      return texts;
    }
  }

  private String outcome(Consumer<Transaction> work) {
    try {
      database.writing(work);
      return "done";
    } catch (Conflict | UnableToExecuteStatementException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void insert(Transaction tx, int writer) {
    tx.update("insert into note values (:writer, 'x')").bind("writer", writer).execute();
  }

  private void insert(int writer) {
    database.writing(tx -> insert(tx, writer));
  }

  private List<Integer> writers() {
    return database.read(
        s -> s.query("select writer from note order by writer").mapTo(Integer.class).list());
  }

  /** Also where a reader leaves in the middle of its rows, and where a statement fails. */
  @Test
  void statementsThatStayPreparedGiveWhatTheyWouldGiveAnew() throws SQLException {
    for (int i = 0; i < 5; i++) {
      int number = i;
      database.writing(tx -> insert(tx, number));
      assertThatThrownBy(() -> database.writing(tx -> insert(tx, number)))
          .isInstanceOf(UnableToExecuteStatementException.class);
      int first =
          database.read(s -> {
            var query = "select writer from note where writer >= :least order by writer";
            try (var rows = s.query(query).bind("least", 0).mapTo(int.class).iterator()) {
              return rows.next();
            }
          });
      assertThat(first).isEqualTo(0);
      assertThat(writers()).hasSize(i + 1);
    }
    try (var other = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("millrace.db"));
        var checkpoint = other.createStatement();
        var rows = checkpoint.executeQuery("pragma wal_checkpoint(truncate)")) {
      assertThat(rows.getInt("busy")).as("nobody holds an old view").isEqualTo(0);
    }
  }
}
