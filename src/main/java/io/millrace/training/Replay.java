package io.millrace.training;

import io.millrace.models.DataType;
import io.millrace.models.Feed;
import io.millrace.models.Golden;
import io.millrace.models.OnnxSession;
import io.millrace.models.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Proves a conversion: rows go through the trainer's own model and through the whole ONNX file, and
 * the answers must agree within 1e-5 * max(1, |v|). Half of the rows are drawn from the examples as
 * they are; in the other half cells are made missing, infinite, of a category never seen, or put
 * exactly on a split's threshold or on the number next to it.
 */
final class Replay {
  static final int ROWS = 12_000;
  private static final String NEVER_SEEN = "\u0001never seen";

  /** The answers of the model as the trainer has it, never the converted one's. */
  interface Predictor {
    float[][] predict(Map<String, Object> columns);
  }

  private final Examples examples;
  private final TrainingRequest.Settings settings;

  Replay(Examples examples, TrainingRequest.Settings settings) {
    this.examples = examples;
    this.settings = settings;
  }

  /** As {@link #check(byte[], String, List, Predictor)}, for a model that splits nothing. */
  String check(byte[] onnx, String trainer, Predictor predictor) {
    return check(
        onnx, trainer, Collections.nCopies(examples.features().size(), List.of()), predictor);
  }

  /**
   * Compares and says how many rows and how far apart at most; an answer that differs more ends the
   * training.
   *
   * @param thresholds by feature, where the model splits it
   */
  String check(byte[] onnx, String trainer, List<List<Float>> thresholds, Predictor predictor) {
    var columns = columns(thresholds);
    var expected = predictor.predict(columns);
    double worst = 0;
    try (var session = OnnxSession.open(onnx, OnnxSession.Settings.serving())) {
      int width = examples.target().width();
      for (int from = 0; from < ROWS; from += 2_000) {
        var got =
            session
                .run(Feed.tensors(examples.signature(), columns, from, from + 2_000))
                .getFirst()
                .floats();
        for (int i = 0; i < got.length; i++) {
          double wanted = expected[from + i / width][i % width];
          double difference = Math.abs(got[i] - wanted) / Math.max(1, Math.abs(wanted));
          if (!(difference <= Golden.TOLERANCE))
            throw differs(trainer, columns, from + i / width, wanted, got[i]);
          worst = Math.max(worst, difference);
        }
      }
    }
    return "%,d rows replayed through %s and the converted model: largest difference %.1e"
        .formatted(ROWS, trainer, worst);
  }

  private static IllegalStateException differs(
      String trainer, Map<String, Object> columns, int row, double wanted, double got) {
    var inputs = new ArrayList<String>();
    columns.forEach((name, column) ->
        inputs.add(
            name
                + "="
                + switch (column) {
                  case double[] numbers -> Double.toString(numbers[row]);
                  case String[] texts -> texts[row];
                  default -> "?";
                }));
    return new IllegalStateException(
        "the converted model answers %s where %s answered %s; inputs: %s"
            .formatted(got, trainer, wanted, String.join(", ", inputs)));
  }

  /** The columns as features like those of the examples. */
  List<Feature> features(Map<String, Object> columns) {
    var features = new ArrayList<Feature>();
    for (var feature : examples.features()) {
      switch (feature) {
        case Feature.Numeric numeric -> {
          if (columns.get(feature.name()) instanceof double[] values)
            features.add(new Feature.Numeric(numeric.name(), values));
        }
        case Feature.Categorical text -> {
          if (columns.get(feature.name()) instanceof String[] values)
            features.add(new Feature.Categorical(text.name(), values, text.levels()));
        }
      }
    }
    return features;
  }

  private Map<String, Object> columns(List<List<Float>> thresholds) {
    var random = new SplittableRandom(settings.seed());
    var columns = new LinkedHashMap<String, Object>();
    var values = new HashMap<Integer, Object>();
    for (int f = 0; f < examples.features().size(); f++) {
      Object column =
          examples.features().get(f) instanceof Feature.Numeric
              ? new double[ROWS]
              : new String[ROWS];
      columns.put(examples.features().get(f).name(), column);
      values.put(f, column);
    }
    for (int row = 0; row < ROWS; row++) {
      int from = random.nextInt(examples.rows());
      boolean changed = row % 2 == 1;
      for (int f = 0; f < examples.features().size(); f++) {
        switch (examples.features().get(f)) {
          case Feature.Numeric numeric -> {
            if (values.get(f) instanceof double[] column)
              column[row] =
                  changed
                      ? number(numeric.values()[from], thresholds.get(f), random)
                      : numeric.values()[from];
          }
          case Feature.Categorical text -> {
            if (values.get(f) instanceof String[] column)
              column[row] =
                  String.valueOf(
                      changed
                          ? category(text.values()[from], random)
                          : orEmpty(text.values()[from]));
          }
        }
      }
    }
    return columns;
  }

  private static double number(double value, List<Float> thresholds, SplittableRandom random) {
    int choice = random.nextInt(10);
    if (choice == 0) return Double.NaN;
    if (choice == 1 && random.nextInt(5) == 0)
      return random.nextBoolean() ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
    if (choice < 6 || thresholds.isEmpty()) return value;
    float threshold = thresholds.get(random.nextInt(thresholds.size()));
    return switch (choice) {
      case 6 -> Math.nextUp(threshold);
      case 7 -> Math.nextDown(threshold);
      default -> threshold;
    };
  }

  private static String category(@Nullable String value, SplittableRandom random) {
    return switch (random.nextInt(10)) {
      case 0 -> "";
      case 1 -> NEVER_SEEN;
      default -> orEmpty(value);
    };
  }

  private static String orEmpty(@Nullable String value) {
    return value == null ? "" : value;
  }

  /** The tensors of some rows of the examples, as golden rows keep them. */
  static List<Tensor> inputs(Examples examples, int[] rows) {
    var tensors = new ArrayList<Tensor>();
    for (var feature : examples.features()) {
      var shape = new long[] {rows.length};
      switch (feature) {
        case Feature.Numeric numeric -> {
          var data = new float[rows.length];
          for (int i = 0; i < rows.length; i++) data[i] = (float) numeric.values()[rows[i]];
          tensors.add(new Tensor(feature.name(), DataType.FP32, shape, data));
        }
        case Feature.Categorical text -> {
          var data = new String[rows.length];
          for (int i = 0; i < rows.length; i++) data[i] = orEmpty(text.values()[rows[i]]);
          tensors.add(new Tensor(feature.name(), DataType.BYTES, shape, data));
        }
      }
    }
    return tensors;
  }
}
