package io.millrace.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * A table expression over Parquet files, for use inside an engine. Columns are matched by name.
 * Folders named COLUMN=VALUE give columns: integers or dates where every value is one, else text.
 */
final class Relation {
  private static final Pattern INTEGER = Pattern.compile("0|-?[1-9][0-9]{0,17}");
  private static final Pattern DATE = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}");
  private static final String NO_VALUE = "__HIVE_DEFAULT_PARTITION__";

  private Relation() {}

  /** Files without partitions, in this order. */
  static String files(List<Path> files) {
    var names =
        files.stream().map(f -> Sql.text(f.toAbsolutePath().normalize().toString())).toList();
    return "read_parquet([%s], union_by_name = true, hive_partitioning = false)"
        .formatted(String.join(", ", names));
  }

  /** Files by their path in the dataset, whose folders may be partitions. */
  static String of(SortedMap<String, Path> files) {
    var groups = new LinkedHashMap<Map<String, String>, List<Path>>();
    var keys = new TreeSet<String>();
    files.forEach((path, file) -> {
      var partition = partition(path);
      keys.addAll(partition.keySet());
      groups.computeIfAbsent(partition, _ -> new ArrayList<>()).add(file);
    });
    if (keys.isEmpty()) return files(List.copyOf(files.values()));
    var types = new LinkedHashMap<String, String>();
    for (var key : keys)
      types.put(
          key, type(groups.keySet().stream().map(p -> p.getOrDefault(key, NO_VALUE)).toList()));
    var parts = new ArrayList<String>();
    var excluded = String.join(", ", keys.stream().map(Sql::text).toList());
    groups.forEach((partition, group) -> {
      var columns = new ArrayList<String>();
      types.forEach((key, type) -> {
        var value = partition.getOrDefault(key, NO_VALUE);
        columns.add("cast(%s as %s) as %s".formatted(literal(value), type, Sql.name(key)));
      });
      parts.add(
          "select columns(lambda c: c not in (%s)), %s from %s"
              .formatted(excluded, String.join(", ", columns), files(group)));
    });
    return "(" + String.join(" union all by name ", parts) + ")";
  }

  /** What a folder gives its files as a column's value, in SQL. */
  static String literal(String value) {
    return value.equals(NO_VALUE) ? "null" : Sql.text(value);
  }

  /** The COLUMN=VALUE folders of a path, their escapes undone. */
  static Map<String, String> partition(String path) {
    var result = new LinkedHashMap<String, String>();
    var parts = path.split("/");
    for (int i = 0; i < parts.length - 1; i++) {
      int equals = parts[i].indexOf('=');
      if (equals > 0)
        result.put(
            unescaped(parts[i].substring(0, equals)), unescaped(parts[i].substring(equals + 1)));
    }
    return result;
  }

  private static String unescaped(String text) {
    if (text.indexOf('%') < 0) return text;
    try {
      return java.net.URLDecoder.decode(
          text.replace("+", "%2B"), java.nio.charset.StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  private static String type(List<String> values) {
    var given = values.stream().filter(v -> !v.equals(NO_VALUE)).toList();
    if (given.isEmpty()) return "varchar";
    if (given.stream().allMatch(v -> INTEGER.matcher(v).matches())) return "bigint";
    if (given.stream().allMatch(v -> DATE.matcher(v).matches())) return "date";
    return "varchar";
  }
}
