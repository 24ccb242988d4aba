package io.millrace.serving.lookup;

import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import io.millrace.base.Snapshot;
import io.millrace.base.TooLarge;
import io.millrace.data.Column;
import io.millrace.data.DatasetVersion;
import io.millrace.data.Datasets;
import io.millrace.data.Engine;
import io.millrace.data.Frame;
import io.millrace.data.Sql;
import io.millrace.models.DataType;
import io.millrace.models.Field;
import io.millrace.serving.FeatureLookup;
import io.millrace.serving.FeatureSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads a version of a dataset, one row for each key, into memory. */
public final class DatasetFeatures implements FeatureLookup.Sources {
  private static final long MOST_ROWS = 1_000_000;
  private static final long MOST_BYTES = 256L << 20;

  /** What Java takes for a text beside its letters, and for a key in a map. */
  private static final int TEXT_BYTES = 56;

  private static final int KEY_BYTES = 64;

  private static final Set<String> WHOLE =
      Set.of("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER");

  private final Datasets datasets;
  private final Limits limits;

  /** How much one endpoint may hold in memory. */
  record Limits(long rows, long bytes) {}

  public DatasetFeatures(Datasets datasets) {
    this(datasets, new Limits(MOST_ROWS, MOST_BYTES));
  }

  DatasetFeatures(Datasets datasets, Limits limits) {
    this.datasets = datasets;
    this.limits = limits;
  }

  @Override
  public @Nullable String newest(Snapshot s, FeatureSource source) {
    var name = source.dataset();
    if (name.contains("/")) return datasets.named(s, name).id();
    return datasets.current(s, name).map(DatasetVersion::id).orElse(null);
  }

  @Override
  public FeatureLookup open(FeatureSource source, List<String> wanted) {
    var version = datasets.named(source.dataset());
    var types = new LinkedHashMap<String, String>();
    try (var engine = datasets.engine()) {
      var relation = datasets.relation(version.digest());
      for (var column : engine.columns(relation)) types.put(column.name(), column.type());
      var keys =
          source.keys().stream().map(key -> key(version, key, type(version, types, key))).toList();
      if (source.time() != null) type(version, types, source.time());
      var columns =
          wanted.stream()
              .filter(types::containsKey)
              .filter(column -> !source.keys().contains(column))
              .toList();
      var rows = newestRows(relation, source, columns);
      refuseTooLarge(engine, version, rows, source.keys().size(), columns, types);
      var frame = Frame.read(engine, rows, List.of());
      return table(version, keys, frame);
    }
  }

  private static String type(
      DatasetVersion version, LinkedHashMap<String, String> types, String column) {
    var type = types.get(column);
    if (type != null) return type;
    throw new InvalidInput(
        "features: %s has no column \"%s\"%s"
            .formatted(version.id(), column, Names.suggestion(column, types.keySet())));
  }

  private static Field key(DatasetVersion version, String name, String type) {
    var upper = type.toUpperCase(Locale.ROOT);
    if (WHOLE.contains(upper)) return Field.column(name, DataType.INT64, false);
    if (upper.equals("VARCHAR") || upper.equals("UUID"))
      return Field.column(name, DataType.BYTES, false);
    throw new InvalidInput(
        "features: the key \"%s\" of %s is a %s, expected whole numbers or texts"
            .formatted(name, version.id(), type));
  }

  /** The keys as texts, then the columns; of a key with times the newest row. */
  private static String newestRows(String relation, FeatureSource source, List<String> columns) {
    var keys = source.keys().stream().map(Sql::name).toList();
    var select = new ArrayList<String>();
    for (int i = 0; i < keys.size(); i++)
      select.add("cast(%s as varchar) as %s".formatted(keys.get(i), Sql.name(keyColumn(i))));
    columns.forEach(column -> select.add(Sql.name(column)));
    var known = keys.stream().map(key -> key + " is not null").toList();
    var rows =
        "select %s from %s where %s"
            .formatted(String.join(", ", select), relation, String.join(" and ", known));
    if (source.time() == null) return "(%s)".formatted(rows);
    // Of rows of one time always the same one, whatever the order in which they are read.
    var order = new ArrayList<String>(List.of(Sql.name(source.time()) + " desc nulls last"));
    columns.forEach(column -> order.add(Sql.name(column)));
    return "(%s qualify row_number() over (partition by %s order by %s) = 1)"
        .formatted(rows, String.join(", ", keys), String.join(", ", order));
  }

  /** No name of a column that a model could take. */
  private static String keyColumn(int index) {
    return "key\u0001" + index;
  }

  private void refuseTooLarge(
      Engine engine,
      DatasetVersion version,
      String rows,
      int keys,
      List<String> columns,
      LinkedHashMap<String, String> types) {
    long count = engine.number("select count(*) from " + rows);
    if (count > limits.rows())
      throw new TooLarge(
          "features: %s has %,d keys, and an endpoint may look up among %,d: give it a smaller dataset"
              .formatted(version.id(), count, limits.rows()));
    var lengths = new ArrayList<String>();
    for (int i = 0; i < keys; i++) lengths.add(Sql.name(keyColumn(i)));
    for (var column : columns)
      if (!isNumber(String.valueOf(types.get(column)))) lengths.add(Sql.name(column));
    var sums =
        lengths.stream().map(l -> "coalesce(sum(strlen(cast(%s as varchar))), 0)".formatted(l));
    long letters =
        engine.number(
            "select cast(%s as bigint) from %s".formatted(String.join(" + ", sums.toList()), rows));
    long each = KEY_BYTES + (long) TEXT_BYTES * lengths.size() + 8L * (columns.size() + keys);
    long bytes = letters + count * each;
    if (bytes > limits.bytes())
      throw new TooLarge(
          "features: %s takes about %,d MiB of memory with the %d columns that the model takes, and an endpoint may look up in %,d MiB: give it a smaller dataset"
              .formatted(version.id(), bytes >> 20, columns.size(), limits.bytes() >> 20));
  }

  private static boolean isNumber(String type) {
    var upper = type.toUpperCase(Locale.ROOT);
    return !upper.equals("VARCHAR") && !upper.equals("UUID") && !upper.startsWith("ENUM");
  }

  private static FeatureTable table(DatasetVersion version, List<Field> keys, Frame frame) {
    var texts = new ArrayList<String[]>();
    for (int i = 0; i < keys.size(); i++) texts.add(frame.text(keyColumn(i)).values());
    var columns = new LinkedHashMap<String, Object>();
    for (var column : frame.columns().subList(keys.size(), frame.columns().size()))
      columns.put(
          column.name(),
          switch (column) {
            case Column.NumberColumn numbers -> numbers.values();
            case Column.TextColumn values -> values.values();
          });
    return FeatureTable.of(version.id(), keys, texts, columns, frame.rows());
  }
}
