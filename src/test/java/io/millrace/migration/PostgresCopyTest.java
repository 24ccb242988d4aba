package io.millrace.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import io.millrace.base.InvalidInput;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PostgresCopyTest {
  private static final String PASSWORD = "p@ss/word#1";
  private static final String ENCODED = "p%40ss%2Fword%231";
  private static EmbeddedPostgres postgres;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws IOException, SQLException {
    postgres = EmbeddedPostgres.builder().setServerConfig("max_connections", "10").start();
    execute("postgres", "create database kept", "create database other");
    execute(
        "kept",
        "create role reader login password '%s'".formatted(PASSWORD),
        "create table experiments (experiment_id serial primary key, name text, creation_time bigint)",
        "create table runs (run_uuid varchar(32) primary key, status varchar(9))",
        "create table params (key text, value text, run_uuid varchar(32))",
        "create table tags (key text, value text, run_uuid varchar(32))",
        "create table metrics (key text, value double precision, timestamp bigint, run_uuid varchar(32), step bigint, is_nan boolean)",
        "insert into experiments (name, creation_time) values ('Default', 1), ('naïve \"flights\"', 2)",
        "insert into runs values ('a', 'FINISHED'), ('b', null)",
        "insert into metrics select 'loss', 1.0 / i, i, 'a', i, false from generate_series(1, 12000) i",
        "insert into metrics values ('odd', 0, 7, 'b', 0, true)",
        "grant select on all tables in schema public to reader");
  }

  @AfterAll
  static void stop() throws IOException {
    postgres.close();
  }

  private static void execute(String database, String... statements) throws SQLException {
    try (var connection = postgres.getDatabase("postgres", database).getConnection();
        var statement = connection.createStatement()) {
      for (var sql : statements) statement.execute(sql);
    }
  }

  private static String uri(String user, String database) {
    return "postgresql+psycopg2://%s@127.0.0.1:%d/%s?sslmode=disable"
        .formatted(user, postgres.getPort(), database);
  }

  @Test
  void whatMlflowKeptIsReadFromTheCopy() {
    var file = folder.resolve("copy.db");
    var told = new ArrayList<String>();
    PostgresCopy.copy(uri("reader:" + ENCODED, "kept"), null, file, told::add);
    assertThat(told)
        .containsExactly(
            "copied 2 rows of experiments",
            "copied 2 rows of runs",
            "copied 12,001 rows of metrics");
    try (var copy = MlflowDatabase.open(file)) {
      assertThat(copy.all("experiments", "experiment_id"))
          .extracting(row -> row.whole("experiment_id"), row -> row.text("name"))
          .containsExactly(tuple(1L, "Default"), tuple(2L, "naïve \"flights\""));
      assertThat(copy.of("runs", "run_uuid = ?", "b").getFirst().has("status")).isFalse();
      var losses = new ArrayList<Double>();
      copy.metrics("a", row -> losses.add(row.number("value")));
      assertThat(losses).hasSize(12_000).startsWith(1.0, 0.5).endsWith(1.0 / 12_000);
      copy.metrics("b", row -> assertThat(row.flag("is_nan")).isTrue());
      assertThat(copy.all("logged_models", "model_id")).isEmpty();
    }
  }

  @Test
  void aPasswordMayBeGivenBesideTheUri() {
    var file = folder.resolve("copy.db");
    PostgresCopy.copy(uri("reader", "kept"), PASSWORD, file, _ -> {});
    assertThat(file).isNotEmptyFile();
  }

  @Test
  void anotherDatabaseIsRefusedWhenItIsOpened() {
    var file = folder.resolve("copy.db");
    PostgresCopy.copy(uri("postgres", "other"), null, file, _ -> {});
    assertThatThrownBy(() -> MlflowDatabase.open(file))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("it is not one of MLflow's tracking server");
  }

  @Test
  void whatCannotBeReadIsSaidWithoutThePassword() {
    var uris =
        List.of(
            uri("reader:" + ENCODED, "missing"),
            "postgresql://reader:%s@127.0.0.1:1/kept".formatted(ENCODED),
            "postgresql://reader:p@ss/word#1@127.0.0.1/kept",
            "postgresql:///kept",
            uri("reader:" + ENCODED, "kept") + "&socketFactory=java.lang.Object");
    for (var uri : uris)
      assertThatThrownBy(() -> PostgresCopy.copy(uri, null, folder.resolve("x.db"), _ -> {}))
          .as(uri)
          .isInstanceOf(InvalidInput.class)
          .hasMessageMatching("(?s)(the PostgreSQL database|got a URI|option of the URI).*")
          .hasMessageNotContaining(ENCODED)
          .hasMessageNotContaining(PASSWORD);
  }
}
