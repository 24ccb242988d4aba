package io.millrace.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.evaluation.Binary;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job: whether a departing flight will be late. */
class FlightsTest {
  @TempDir Path folder;

  @Test
  void predictsTheTestWeekBetterThanALineDoes() throws Exception {
    var room = new TrainingRoom(folder);
    var train = room.flights("2001-01-02", "2001-01-25", "label_at < timestamptz '2001-01-25'");
    var task =
        room.task(
            train,
            """
            {"label": "late15", "ignore": ["flight_id", "dep_ts", "label_at"], "validate_from": "2001-01-20", "seed": 7}\
            """);
    var result = TrainComponent.xgboost(room.artifacts, TrainingRoom.PROGRAM).run(task);
    assertThat(task.lines)
        .contains("validate_from is compared with column \"dep_ts\"; name another one with `time`");

    var test = room.frame(room.flights("2001-01-25", "2001-02-01", "true"));
    var columns = TrainingRoom.columns(test);
    var labels = test.number("late15").values();
    var late = new boolean[labels.length];
    for (int i = 0; i < late.length; i++) late[i] = labels[i] == 1;
    try (var model = room.model(result);
        var linear = room.baseline(result, "linear");
        var trivial = room.baseline(result, "trivial")) {
      assertThat(model.signature().inputNames())
          .hasSize(19)
          .contains("origin", "dest", "r_p90_arr_delay_min");
      double trees = auc(late, model.answer(columns));
      double line = auc(late, linear.answer(columns));
      assertThat(trees).isGreaterThan(0.73).isGreaterThan(line + 0.01);
      assertThat(line).isGreaterThan(0.6);
      assertThat(auc(late, trivial.answer(columns))).isEqualTo(0.5);
    }
  }

  private static double auc(boolean[] late, Map<String, io.millrace.models.Tensor> answer) {
    return Binary.auc(late, answer.get("probability").numbers());
  }
}
