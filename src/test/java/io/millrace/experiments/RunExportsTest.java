package io.millrace.experiments;

import static io.millrace.experiments.ExperimentsRoom.metric;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.InvalidInput;
import io.millrace.data.Datasets;
import io.millrace.data.Engine;
import io.millrace.data.TableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunExportsTest {
  private static final double INFINITY = Double.POSITIVE_INFINITY;

  @TempDir Path folder;
  private ExperimentsRoom room;
  private RunExports exports;

  @BeforeEach
  void open() {
    room = new ExperimentsRoom(folder);
    var datasets =
        new Datasets(
            room.database,
            new Artifacts(folder.resolve("artifacts")),
            room.metadata,
            folder.resolve("work"),
            Clock.systemUTC());
    var files = new TableFiles(datasets);
    exports =
        new RunExports(
            room.runs,
            (columns, source) -> {
              var file =
                  files.parquet(
                      columns.stream()
                          .map(c -> new Engine.ColumnType(c.name(), type(c.type())))
                          .toList(),
                      rows -> source.accept(rows::add));
              return new Tables.File(file.content(), file.bytes());
            });
  }

  @AfterEach
  void close() {
    room.close();
  }

  private static String type(Tables.Type type) {
    return switch (type) {
      case TEXT -> "VARCHAR";
      case NUMBER -> "DOUBLE";
      case WHOLE -> "BIGINT";
      case TIME -> "TIMESTAMP WITH TIME ZONE";
    };
  }

  /** Each row by column, as DuckDB reads it back. */
  private List<List<Object>> readBack(Tables.File file, String select) throws IOException {
    var target = folder.resolve("back/out.parquet");
    Files.createDirectories(target.getParent());
    try (var content = file.content()) {
      assertThat(Files.copy(content, target, StandardCopyOption.REPLACE_EXISTING))
          .isEqualTo(file.bytes());
    }
    try (var engine =
        Engine.open(new Engine.Settings(List.of(target.getParent()), folder.resolve("reading")))) {
      return engine.query(select + " from '" + target + "'", RunExportsTest::row);
    }
  }

  private static List<Object> row(ResultSet row) throws SQLException {
    var values = new ArrayList<Object>();
    for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
      var value = row.getObject(i);
      values.add(value == null ? "-" : value instanceof OffsetDateTime t ? t.toInstant() : value);
    }
    return values;
  }

  @Test
  void everyRunIsARowWithItsTypesKept() throws IOException {
    var first = room.run(0, "first", Map.of("team", "a\"b"));
    room.params(first.id(), Map.of("lr", "0.1", "a b/c.d:e", "x\ny"));
    room.metrics(
        first.id(), metric("auc", 0.5, 1), metric("auc", 0.75, 2), metric("nan", Double.NaN, 1));
    room.pass(Duration.ofSeconds(5));
    var second = room.run("second");
    room.params(second.id(), Map.of("lr", ""));
    room.database.writing(tx -> room.runs.update(tx, second.id(), RunState.FINISHED, null, null));
    var rows =
        readBack(
            exports.runs(0, null, Set.of()),
            """
            select run_id, name, status, start_time, end_time, "user", "params.lr", "params.a b/c.d:e",
                   "metrics.auc", "metrics.nan", "tags.team"
            """);
    Instant begun = ExperimentsRoom.NOW;
    assertThat(rows)
        .containsExactly(
            List.of(
                first.id().value(),
                "first",
                "RUNNING",
                begun,
                "-",
                "ana",
                "0.1",
                "x\ny",
                0.75,
                Double.NaN,
                "a\"b"),
            List.of(
                second.id().value(),
                "second",
                "FINISHED",
                begun.plusSeconds(5),
                begun.plusSeconds(5),
                "ana",
                "",
                "-",
                "-",
                "-",
                "-"));
  }

  @Test
  void manyRunsAreExportedOnceEachInTheirOrder() throws IOException {
    for (int i = 0; i < 450; i++) {
      room.pass(Duration.ofSeconds(1));
      room.params(room.run("r" + i).id(), Map.of("i", String.valueOf(i)));
    }
    var rows = readBack(exports.runs(0, null, Set.of()), "select cast(\"params.i\" as int)");
    var expected = new ArrayList<List<Object>>();
    for (int i = 0; i < 450; i++) expected.add(List.of(i));
    assertThat(rows).isEqualTo(expected);
  }

  @Test
  void theWholeHistoryIsExported() throws IOException {
    var run = room.run("long");
    for (int from = 0; from < 5_000; from += 1_000) {
      var some = new Metric[1_000];
      for (int i = 0; i < 1_000; i++) some[i] = metric("loss", 1.0 / (1 + from + i), from + i);
      room.metrics(run.id(), some);
    }
    room.metrics(run.id(), metric("odd", Double.NaN, -3), metric("odd", INFINITY, 4));
    var file = exports.metrics(0, null);
    var rows = readBack(file, "select run_id, key, step, \"timestamp\", value");
    assertThat(rows).hasSize(5_002);
    for (int i = 0; i < 5_000; i++)
      assertThat(rows.get(i))
          .isEqualTo(
              List.of(
                  run.id().value(),
                  "loss",
                  (long) i,
                  ExperimentsRoom.NOW.plusSeconds(i),
                  1.0 / (1 + i)));
    assertThat(rows.subList(5_000, 5_002))
        .extracting(row -> row.get(4))
        .containsExactly(Double.NaN, Double.MAX_VALUE);
  }

  @Test
  void aFilterAndColumnsNarrowAnExport() throws IOException {
    for (int i = 0; i < 4; i++)
      room.metrics(room.run("r" + i).id(), metric("auc", i / 4.0, 0), metric("loss", i, 0));
    assertThat(
            readBack(
                exports.runs(0, "metrics.auc > 0.5", List.of("metrics.auc")),
                "select * exclude (run_id, name, status, start_time, end_time, \"user\")"))
        .containsExactly(List.of(0.75));
    assertThat(readBack(exports.metrics(0, "metrics.auc > 0.5"), "select key"))
        .containsExactly(List.of("auc"), List.of("loss"));
    assertThatThrownBy(() -> exports.runs(0, "metrics.auc >", Set.of()))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("Invalid filter at position 14");
  }

  @Test
  void namesThatDifferInCaseAreBothThere() throws IOException {
    room.params(room.run("r").id(), Map.of("lr", "small", "LR", "large"));
    assertThat(readBack(exports.runs(0, null, Set.of()), "select \"params.LR\", \"params.lr_1\""))
        .containsExactly(List.of("large", "small"));
  }

  @Test
  void anEmptyExperimentIsATableWithoutRows() throws IOException {
    assertThat(readBack(exports.runs(0, null, Set.of()), "select *")).isEmpty();
    assertThat(readBack(exports.metrics(0, null), "select *")).isEmpty();
  }
}
