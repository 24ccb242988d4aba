package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.base.Json;
import io.millrace.testing.Passengers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole dataset is answered as its rows are answered one request at a time. */
class ScoreIT {
  private static final long SEED = Long.getLong("seed", 20_260_302L);
  private static final Path MODELS = Program.HOME.resolve("src/test/resources/models");

  @TempDir Path folder;

  private Path passengers() throws IOException {
    return Files.write(folder.resolve("passengers.csv"), Passengers.csv(700, SEED));
  }

  @Test
  void overRestAndInABatchTheSameRowsHaveTheSameAnswers() throws IOException {
    try (var program = Program.up(folder.resolve("data"))) {
      program.done("model", "import", "titanic", MODELS.resolve("titanic_logreg.onnx").toString());
      program.done("deploy", "live", "--model", "titanic/1");
      var csv = passengers().toString();
      program.done("dataset", "register", "passengers", csv);

      var scored = program.done("score", "live", "--data", "passengers", "--out", "answered");
      assertThat(scored.out())
          .isEqualToIgnoringNewLines("700 rows answered by titanic/1: dataset answered/1");
      assertThat(scored.err())
          .contains("titanic/1 answers passengers/1; to stop it: millrace pipeline cancel");
      var file = folder.resolve("answered.parquet");
      program.done("score", "titanic@champion", "--data", "passengers/1", "--out", file.toString());
      assertThat(program.done("dataset", "register", "copied", file.toString()).code()).isZero();

      var asked = program.done("predict", "live", "--input", csv, "--json").json();
      for (var dataset : new String[] {"answered", "copied"}) {
        var body =
            Json.object()
                .put("sql", "select survival_probability, label from %s".formatted(dataset))
                .put("limit", 1_000);
        body.putArray("datasets").add(dataset);
        var answers = new ArrayList<String>();
        Json.parse(program.post("/api/v1/query", body.toString()).body())
            .path("rows")
            .forEach(row -> answers.add(row.path(0) + " " + row.path(1)));
        var online = new ArrayList<String>();
        asked
            .path("predictions")
            .forEach(one -> online.add(one.path("survival_probability") + " " + one.path("label")));
        assertThat(online).as("seed %d", SEED).hasSize(700);
        assertThat(answers).as("seed %d", SEED).containsExactlyInAnyOrderElementsOf(online);
      }
      assertThat(program.done("lineage", "answered/1").out()).contains("passengers/1", "titanic/1");

      var wrong = program.millrace("score", "life", "--data", "passengers", "--out", "x");
      assertThat(wrong.code()).isEqualTo(1);
      assertThat(wrong.err()).contains("no endpoint and no model \"life\"; did you mean \"live\"?");
    }
  }
}
