package io.millrace.experiments;

import static io.millrace.experiments.ExperimentsRoom.metric;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RunSearchTest {
  @TempDir Path folder;
  private ExperimentsRoom room;

  @BeforeEach
  void open() {
    room = new ExperimentsRoom(folder);
    double[] aucs = {0.5, 0.7, 0.9, Double.NaN};
    for (int i = 0; i < 5; i++) {
      room.pass(Duration.ofSeconds(1));
      var run =
          room.run(
              0,
              "run" + i,
              i % 2 == 0 ? Map.of("kind", "even", "a b", "x") : Map.of("kind", "Odd"));
      room.params(
          run.id(),
          i == 0
              ? Map.of("model", "tree")
              : Map.of("model", "Tree_" + i, "depth", String.valueOf(i)));
      if (i < aucs.length)
        room.metrics(run.id(), metric("auc", aucs[i], 1), metric("val/loss", 10 - i, 1));
      if (i == 1)
        room.database.writing(tx ->
            room.runs.logInputs(
                tx,
                run.id(),
                List.of(
                    new DatasetInput(
                        "iris",
                        "d1",
                        "local",
                        "x",
                        null,
                        null,
                        new TreeMap<>(Map.of(DatasetInput.CONTEXT, "train")))),
                List.of()));
    }
  }

  @AfterEach
  void close() {
    room.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                                              | run4 run3 run2 run1 run0",
        "metrics.auc > 0.5                               | run2 run1",
        "metrics.auc >= .5 and metrics.auc < 9e-1        | run1 run0",
        "metrics.auc != 0.7                              | run3 run2 run0",
        "metrics.auc = 0.7                               | run1",
        "metric.`val/loss` <= 8                          | run3 run2",
        "metrics.\"val/loss\" > 8.5                      | run1 run0",
        "params.model = 'tree'                           | run0",
        "params.model != 'tree'                          | run4 run3 run2 run1",
        "param.model LIKE 'Tree%'                        | run4 run3 run2 run1",
        "parameters.model ilike 'TREE'                   | run0",
        "params.model ILIKE 'tree_%'                     | run4 run3 run2 run1",
        "params.depth IS NULL                            | run0",
        "params.depth IS NOT NULL AND tags.kind = 'even' | run4 run2",
        "tags.`a b` = 'x' and                            | run4 run2 run0",
        "tags.mlflow.runName = 'run3'                    | run3",
        "attributes.run_name LIKE 'run_'                 | run4 run3 run2 run1 run0",
        "run_name = \"run2\"                             | run2",
        "attr.status = 'RUNNING'                         | run4 run3 run2 run1 run0",
        "user_id = 'bob'                                 | ''",
        "start_time > 1772359202500                      | run4 run3 run2",
        "end_time > 0                                    | ''",
        "datasets.name = 'iris' and dataset.context IN ('train', 'test') | run1",
        "run_id IN ('ffffffffffffffffffffffffffffffff')  | ''",
        "metrics.nothing < 5                             | ''"
      })
  void filters(String filter, String expected) {
    assertThat(String.join(" ", room.found(filter))).isEqualTo(expected);
  }

  @Test
  void ordersWithMissingOnesLastAndNaNBeforeThem() {
    assertThat(room.found("", "metrics.auc DESC"))
        .containsExactly("run2", "run1", "run0", "run3", "run4");
    assertThat(room.found("", "metrics.auc"))
        .containsExactly("run0", "run1", "run2", "run3", "run4");
    assertThat(room.found("metrics.auc > 0.4", "metrics.auc desc"))
        .containsExactly("run2", "run1", "run0");
    assertThat(room.found("", "params.depth DESC"))
        .containsExactly("run4", "run3", "run2", "run1", "run0");
    assertThat(room.found("", "tags.kind", "attributes.start_time ASC"))
        .containsExactly("run1", "run3", "run0", "run2", "run4");
  }

  @Test
  void walkingTheIndexAndSortingGiveThePage() {
    for (int limit = 1; limit <= 4; limit++) {
      var query =
          new RunQuery(
              List.of(0L),
              FilterParser.parse("metrics.auc >= 0.5"),
              List.of(FilterParser.order("metrics.auc DESC")),
              RunQuery.View.ACTIVE_ONLY,
              limit,
              0);
      assertThat(room.runs.search(query))
          .extracting(data -> data.run().name())
          .isEqualTo(List.of("run2", "run1", "run0").subList(0, Math.min(3, limit)));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "metrics.auc > 'x'          | expected one without quotes",
        "metrics.auc LIKE 'x'       | is a number",
        "params.model > 'x'         | is a text",
        "params.model = 5           | expected one in quotes",
        "params.model               | at position 13",
        "params.model = 'x          | expected a closing '",
        "params.model = 'x' OR a = 'b' | expected AND",
        "params.model = 'x';        | expected AND",
        "(params.model = 'x')       | expected a field",
        "nothing.model = 'x'        | has the type \"nothing\"",
        "attributes.nothing = 'x'   | is no attribute of runs",
        "status IN ('RUNNING')      | Only ['run_id'] attributes",
        "datasets.size = 'x'        | is no attribute of datasets",
        "params.a IN ('b'           | expected , or )",
        "'  '                       | blank"
      })
  void badFiltersAreToldWhereAndWhy(String filter, String message) {
    assertThatThrownBy(() -> room.found(filter))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining(message);
  }

  @Test
  void anOrderNamedTwiceIsRefused() {
    assertThatThrownBy(() -> room.found("", "metrics.auc", "metric.auc DESC"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("twice");
    assertThatThrownBy(() -> room.found("", "metrics.auc SIDEWAYS"))
        .isInstanceOf(InvalidInput.class);
  }

  @Test
  void noPatternHoldsAReaderUp() {
    var run = room.run("slow");
    room.database.writing(
        tx -> room.runs.log(tx, run.id(), Map.of(), null, Map.of("long", "a".repeat(8_000))));
    assertThat(room.found("tags.long LIKE '" + "%a".repeat(2_000) + "b'")).isEmpty();
  }
}
