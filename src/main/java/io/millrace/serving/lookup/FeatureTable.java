package io.millrace.serving.lookup;

import io.millrace.base.InvalidInput;
import io.millrace.models.DataType;
import io.millrace.models.Field;
import io.millrace.models.Tensor;
import io.millrace.serving.FeatureLookup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Columns in memory, and where each key stands in them. Keys are compared as texts. */
final class FeatureTable implements FeatureLookup {
  private final String version;
  private final List<Field> keys;

  /** Of one key its text, of several the list of their texts. */
  private final Map<Object, Integer> places;

  /** double[] or String[] by name. */
  private final Map<String, Object> columns;

  private FeatureTable(
      String version, List<Field> keys, Map<Object, Integer> places, Map<String, Object> columns) {
    this.version = version;
    this.keys = keys;
    this.places = places;
    this.columns = columns;
  }

  /** InvalidInput where a key stands twice. */
  static FeatureTable of(
      String version,
      List<Field> keys,
      List<String[]> texts,
      Map<String, Object> columns,
      int rows) {
    var places = HashMap.<Object, Integer>newHashMap(rows);
    for (int row = 0; row < rows; row++) {
      int at = row;
      var key = key(texts.stream().map(column -> column[at]).toList());
      if (places.put(key, row) != null)
        throw new InvalidInput(
            "features: %s has several rows of %s = %s; expected one of each key, or \"time\", the column that says which is the newest"
                .formatted(
                    version, String.join(", ", keys.stream().map(Field::name).toList()), key));
    }
    return new FeatureTable(version, keys, places, columns);
  }

  private static Object key(List<String> texts) {
    return texts.size() == 1 ? texts.getFirst() : texts;
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public long size() {
    return places.size();
  }

  @Override
  public List<Field> keys() {
    return keys;
  }

  @Override
  public Map<String, DataType> columns() {
    var types = new LinkedHashMap<String, DataType>();
    columns.forEach((name, values) ->
        types.put(name, values instanceof String[] ? DataType.BYTES : DataType.FP64));
    return types;
  }

  @Override
  public List<Values> find(List<Tensor> given, int rows, List<String> wanted) {
    var at = new int[rows];
    for (int row = 0; row < rows; row++) at[row] = place(given, row);
    var found = new ArrayList<Values>();
    for (var name : wanted) found.add(values(name, at));
    return found;
  }

  private int place(List<Tensor> given, int row) {
    @Nullable Integer place;
    if (given.size() == 1) place = places.get(text(given.getFirst(), row));
    else {
      var texts = new ArrayList<String>(given.size());
      for (var key : given) texts.add(text(key, row));
      place = places.get(texts);
    }
    return place == null ? -1 : place;
  }

  /** A model may take a whole number as a fraction. */
  private static String text(Tensor key, int row) {
    return switch (key.at(row)) {
      case Double number when number == Math.rint(number) && Math.abs(number) < 0x1p53 ->
          Long.toString(number.longValue());
      case Object value -> value.toString();
    };
  }

  private Values values(String name, int[] at) {
    var statuses = new Status[at.length];
    return switch (columns.get(name)) {
      case double[] numbers -> {
        var values = new double[at.length];
        for (int row = 0; row < at.length; row++) {
          values[row] = at[row] < 0 ? Double.NaN : numbers[at[row]];
          statuses[row] = status(at[row], Double.isNaN(values[row]));
        }
        yield new Values(name, values, statuses);
      }
      case String[] texts -> {
        var values = new String[at.length];
        for (int row = 0; row < at.length; row++) {
          if (at[row] >= 0) values[row] = texts[at[row]];
          statuses[row] = status(at[row], values[row] == null);
        }
        yield new Values(name, values, statuses);
      }
      case null, default -> throw new IllegalArgumentException("no column " + name);
    };
  }

  private static Status status(int place, boolean isNull) {
    if (place < 0) return Status.NOT_FOUND;
    return isNull ? Status.NULL : Status.PRESENT;
  }
}
