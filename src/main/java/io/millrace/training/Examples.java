package io.millrace.training;

import io.millrace.models.Field;
import io.millrace.models.Signature;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/**
 * The rows that a model learns from.
 *
 * @param validation for each row whether it is held out while settings are chosen
 * @param chosenBy how those rows were found, for people
 * @param missing how many values of the features are missing
 */
record Examples(
    List<Feature> features, Target target, boolean[] validation, String chosenBy, long missing) {
  Examples {
    features = List.copyOf(features);
  }

  int rows() {
    return target.values().length;
  }

  int[] all() {
    return IntStream.range(0, rows()).toArray();
  }

  int[] fitting() {
    return IntStream.range(0, rows()).filter(row -> !validation[row]).toArray();
  }

  int[] validating() {
    return IntStream.range(0, rows()).filter(row -> validation[row]).toArray();
  }

  /** Inputs as raw columns, outputs by the task. */
  Signature signature() {
    return new Signature(features.stream().map(Feature::field).toList(), Answers.fields(target));
  }

  /** The raw columns by name, as models take them. */
  SequencedMap<String, Object> columns() {
    var columns = new LinkedHashMap<String, Object>();
    for (var feature : features) columns.put(feature.name(), feature.column());
    return columns;
  }

  /** The target of some rows, in their order. */
  double[] targets(int[] rows) {
    return IntStream.of(rows).mapToDouble(row -> target.values()[row]).toArray();
  }

  /** Facts that every trainer notes. */
  Map<String, String> facts() {
    return Map.of(
        "rows",
        Integer.toString(rows()),
        "features",
        Integer.toString(features.size()),
        "validation",
        chosenBy);
  }

  /** The names of the outputs. */
  List<String> outputNames() {
    return Answers.fields(target).stream().map(Field::name).toList();
  }
}
