package io.millrace.training;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a linear model sees raw columns: numbers standardised, missing ones as the mean with an
 * indicator of their own; texts one-hot, those that are rare or were never seen as all zeros.
 * Learned on some rows, applied to any.
 */
final class Encoding {
  /** Levels of fewer rows carry no weight of their own. */
  private static final int LEAST_ROWS = 10;

  private static final int MOST_LEVELS = 255;

  /**
   * @param indicator whether the rows learned on had missing values
   */
  record NumberCode(Feature.Numeric feature, double mean, double deviation, boolean indicator) {
    /** In single precision first, since that is what a model's input holds. */
    double standardised(double raw) {
      double value = (float) raw;
      return Double.isFinite(value) ? (value - mean) / deviation : 0;
    }

    static boolean missing(double raw) {
      return !Double.isFinite((float) raw);
    }
  }

  /**
   * @param levels the texts that carry weights; "" stands for missing
   */
  record TextCode(Feature.Categorical feature, List<String> levels) {
    TextCode {
      levels = List.copyOf(levels);
    }
  }

  final List<NumberCode> numbers = new ArrayList<>();
  final List<TextCode> texts = new ArrayList<>();

  Encoding(List<Feature> features, int[] rows) {
    for (var feature : features) {
      switch (feature) {
        case Feature.Numeric numeric -> numbers.add(number(numeric, rows));
        case Feature.Categorical text -> texts.add(text(text, rows));
      }
    }
  }

  private Encoding() {}

  /** As it is, applied to other values of the same columns. */
  Encoding on(List<Feature> others) {
    var byName = new HashMap<String, Feature>();
    for (var other : others) byName.put(other.name(), other);
    var result = new Encoding();
    for (var code : numbers) {
      if (byName.get(code.feature().name()) instanceof Feature.Numeric numeric)
        result.numbers.add(
            new NumberCode(numeric, code.mean(), code.deviation(), code.indicator()));
    }
    for (var code : texts) {
      if (byName.get(code.feature().name()) instanceof Feature.Categorical text)
        result.texts.add(new TextCode(text, code.levels()));
    }
    return result;
  }

  private static NumberCode number(Feature.Numeric feature, int[] rows) {
    double mean = 0;
    double squares = 0;
    int count = 0;
    for (int row : rows) {
      double value = (float) feature.values()[row];
      if (!Double.isFinite(value)) continue;
      double delta = value - mean;
      mean += delta / ++count;
      squares += delta * (value - mean);
    }
    double deviation = count > 1 ? Math.sqrt(squares / (count - 1)) : 0;
    return new NumberCode(
        feature,
        mean,
        deviation > 1e-12 * Math.max(1, Math.abs(mean)) ? deviation : 1,
        count < rows.length);
  }

  private static TextCode text(Feature.Categorical feature, int[] rows) {
    var counts = new HashMap<String, Integer>();
    for (int row : rows) counts.merge(orEmpty(feature.values()[row]), 1, Integer::sum);
    var order =
        java.util.Map.Entry.<String, Integer>comparingByValue(java.util.Comparator.reverseOrder())
            .thenComparing(java.util.Map.Entry.comparingByKey());
    var kept =
        counts.entrySet().stream()
            .filter(e -> e.getValue() >= LEAST_ROWS)
            .sorted(order)
            .limit(MOST_LEVELS)
            .map(java.util.Map.Entry::getKey)
            .sorted()
            .toList();
    return new TextCode(feature, kept);
  }

  /**
   * How many weights one output has, its constant left out: numbers, indicators, levels, in this
   * order.
   */
  int width() {
    return 2 * numbers.size() + texts.stream().mapToInt(text -> text.levels().size()).sum();
  }

  /** Standardised numbers of some rows, row by row. */
  double[] dense(int[] rows) {
    var result = new double[Math.multiplyExact(rows.length, numbers.size())];
    for (int i = 0; i < rows.length; i++) {
      for (int f = 0; f < numbers.size(); f++) {
        var code = numbers.get(f);
        result[i * numbers.size() + f] = code.standardised(code.feature().values()[rows[i]]);
      }
    }
    return result;
  }

  /**
   * For each indicator, then each text, the place of the weight that counts in a row; -1 for none.
   */
  int[] places(int[] rows) {
    int many = numbers.size() + texts.size();
    var result = new int[Math.multiplyExact(rows.length, many)];
    var codes = new ArrayList<HashMap<String, Integer>>();
    int at = 2 * numbers.size();
    for (var text : texts) {
      var places = new HashMap<String, Integer>();
      for (var level : text.levels()) places.put(level, at++);
      codes.add(places);
    }
    for (int i = 0; i < rows.length; i++) {
      for (int f = 0; f < numbers.size(); f++) {
        var code = numbers.get(f);
        boolean on = code.indicator() && NumberCode.missing(code.feature().values()[rows[i]]);
        result[i * many + f] = on ? numbers.size() + f : -1;
      }
      for (int t = 0; t < texts.size(); t++) {
        var value = orEmpty(texts.get(t).feature().values()[rows[i]]);
        result[i * many + numbers.size() + t] = codes.get(t).getOrDefault(value, -1);
      }
    }
    return result;
  }

  private static String orEmpty(@Nullable String value) {
    return value == null ? "" : value;
  }
}
