package io.millrace.training;

import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import io.millrace.data.Column;
import io.millrace.data.Engine;
import io.millrace.data.Frame;
import io.millrace.data.Sql;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads a data set as examples: checks its columns, drops rows without a label, finds the levels of
 * texts.
 */
final class ExampleReader {
  /** More levels than this are too many to learn each of them. */
  private static final int MOST_LEVELS = 1_000;

  private static final int LEVELS_KEPT = 255;
  private static final int LEAST_ROWS = 20;

  private final TrainingRequest.Settings settings;
  private final Consumer<String> log;

  ExampleReader(TrainingRequest.Settings settings, Consumer<String> log) {
    this.settings = settings;
    this.log = log;
  }

  Examples read(List<Path> files, Path work) {
    var folders =
        files.stream().map(file -> folder(file.toAbsolutePath().normalize())).distinct().toList();
    try (var engine = Engine.open(new Engine.Settings(folders, work))) {
      var relation =
          "read_parquet([%s], union_by_name = true, hive_partitioning = false)"
              .formatted(
                  files.stream()
                      .map(file -> Sql.text(file.toAbsolutePath().normalize().toString()))
                      .collect(Collectors.joining(", ")));
      var types = engine.columns(relation);
      var time = ValidationRows.timeColumn(settings, types, log);
      var wanted = wanted(types);
      var read = new LinkedHashSet<>(wanted);
      read.add(settings.label());
      if (time != null) read.add(time);
      return examples(Frame.read(engine, relation, List.copyOf(read)), wanted, time);
    }
  }

  private static Path folder(Path file) {
    var parent = file.getParent();
    return parent == null ? file : parent;
  }

  private List<String> wanted(List<Engine.ColumnType> types) {
    var names = types.stream().map(Engine.ColumnType::name).toList();
    if (!names.contains(settings.label())) throw unknown("label", settings.label(), names);
    for (var name : settings.ignore())
      if (!names.contains(name)) throw unknown("ignore", name, names);
    var wanted = new ArrayList<String>();
    var times = new ArrayList<String>();
    for (var type : types) {
      if (type.name().equals(settings.label()) || settings.ignore().contains(type.name())) continue;
      if (isTime(type.type())) times.add(type.name());
      wanted.add(type.name());
    }
    if (!times.isEmpty()) {
      throw new InvalidInput(
          "%s %s a time: a model learns from numbers and texts. Add it to `ignore`, or derive numbers from it in the query, such as hour(%s)"
              .formatted(quoted(times), times.size() == 1 ? "is" : "are each", times.getFirst()));
    }
    if (wanted.isEmpty())
      throw new InvalidInput("no column is left to learn from: all but the label are ignored");
    return wanted;
  }

  static boolean isTime(String type) {
    var upper = type.toUpperCase(Locale.ROOT);
    return upper.equals("DATE") || upper.startsWith("TIME");
  }

  private Examples examples(Frame frame, List<String> wanted, @Nullable String time) {
    var label = frame.column(settings.label());
    int[] rows = known(label);
    int dropped = frame.rows() - rows.length;
    if (dropped > 0)
      log.accept(
          "%,d rows dropped: their label \"%s\" is missing".formatted(dropped, settings.label()));
    if (rows.length < LEAST_ROWS) {
      throw new InvalidInput(
          "%,d rows have a label; training needs at least %d".formatted(rows.length, LEAST_ROWS));
    }
    var target = Targets.of(label, rows, settings, log);
    var validation =
        ValidationRows.of(
            time == null ? null : taken(frame.number(time).values(), rows),
            time,
            settings,
            rows.length);
    var features = new ArrayList<Feature>();
    long missing = 0;
    for (var name : wanted) {
      var feature = feature(frame.column(name), rows);
      if (feature == null) continue;
      features.add(feature);
      missing += missing(feature);
    }
    if (features.isEmpty())
      throw new InvalidInput("no column is left to learn from: none holds values that repeat");
    var taken = Answers.fields(target).stream().map(io.millrace.models.Field::name).toList();
    for (var feature : features) {
      if (!taken.contains(feature.name())) continue;
      throw new InvalidInput(
          "column \"%s\" has the name of the model's output; rename it in the query or add it to `ignore`"
              .formatted(feature.name()));
    }
    return new Examples(features, target, validation.rows(), validation.chosenBy(), missing);
  }

  private static int[] known(Column label) {
    int count = 0;
    var rows = new int[length(label)];
    for (int row = 0; row < rows.length; row++) {
      boolean known =
          switch (label) {
            case Column.NumberColumn numbers -> !Double.isNaN(numbers.values()[row]);
            case Column.TextColumn texts ->
                texts.values()[row] != null && !String.valueOf(texts.values()[row]).isEmpty();
          };
      if (known) rows[count++] = row;
    }
    return Arrays.copyOf(rows, count);
  }

  private static int length(Column column) {
    return switch (column) {
      case Column.NumberColumn numbers -> numbers.values().length;
      case Column.TextColumn texts -> texts.values().length;
    };
  }

  private static double[] taken(double[] values, int[] rows) {
    if (rows.length == values.length) return values;
    var taken = new double[rows.length];
    for (int i = 0; i < rows.length; i++) taken[i] = values[rows[i]];
    return taken;
  }

  private @Nullable Feature feature(Column column, int[] rows) {
    return switch (column) {
      case Column.NumberColumn numbers -> {
        var values = taken(numbers.values(), rows);
        if (Arrays.stream(values).noneMatch(Double::isFinite)) yield empty(column.name());
        yield new Feature.Numeric(column.name(), values);
      }
      case Column.TextColumn texts -> {
        @Nullable String[] values = new String[rows.length];
        for (int i = 0; i < rows.length; i++) values[i] = texts.values()[rows[i]];
        var levels = levels(column.name(), values);
        yield levels.isEmpty()
            ? empty(column.name())
            : new Feature.Categorical(column.name(), values, levels);
      }
    };
  }

  private @Nullable Feature empty(String name) {
    log.accept("column \"%s\" is left out: it holds no values that repeat".formatted(name));
    return null;
  }

  private List<String> levels(String name, @Nullable String[] values) {
    var counts = new HashMap<String, Integer>();
    for (var value : values)
      if (value != null && !value.isEmpty()) counts.merge(value, 1, Integer::sum);
    if (counts.size() <= MOST_LEVELS && counts.size() <= values.length / 2)
      return counts.keySet().stream().sorted().toList();
    var order =
        Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
            .thenComparing(Map.Entry.comparingByKey());
    var kept =
        counts.entrySet().stream()
            .filter(e -> e.getValue() > 1)
            .sorted(order)
            .limit(LEVELS_KEPT)
            .map(Map.Entry::getKey)
            .sorted()
            .toList();
    if (!kept.isEmpty()) {
      log.accept(
          "column \"%s\" has %,d different texts in %,d rows: the %d most frequent are told apart, the others count as missing"
              .formatted(name, counts.size(), values.length, kept.size()));
    }
    return kept;
  }

  private static long missing(Feature feature) {
    return switch (feature) {
      case Feature.Numeric numeric ->
          Arrays.stream(numeric.values()).filter(v -> !Double.isFinite(v)).count();
      case Feature.Categorical text ->
          Arrays.stream(text.values()).filter(v -> v == null || v.isEmpty()).count();
    };
  }

  private static InvalidInput unknown(String input, String name, List<String> names) {
    return new InvalidInput(
        "%s: the data has no column \"%s\"%s"
            .formatted(input, name, Names.suggestion(name, names)));
  }

  private static String quoted(List<String> names) {
    return (names.size() == 1 ? "column " : "columns ")
        + names.stream().map("\"%s\""::formatted).collect(Collectors.joining(", "));
  }
}
