package io.millrace.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Finds the narrowest kind that all values of a column of text have. Several columns share a query,
 * and the first rows refuse most kinds before all rows are read.
 */
final class KindSearch {
  private static final int SAMPLE = 5_000;
  private static final int COLUMNS_A_QUERY = 32;

  private final Engine engine;
  private final String table;

  KindSearch(Engine engine, String table) {
    this.engine = engine;
    this.table = table;
  }

  /** A column of the table, by SQL name, and what its values may be by the file's notation. */
  record Candidate(String column, Set<ValueKind> notation) {}

  /** The kinds by column; a column without any value is left out. */
  Map<String, ValueKind> find(List<Candidate> candidates) {
    var result = new HashMap<String, ValueKind>();
    for (int from = 0; from < candidates.size(); from += COLUMNS_A_QUERY)
      find(candidates.subList(from, Math.min(candidates.size(), from + COLUMNS_A_QUERY)), result);
    return result;
  }

  /** How many values of each column are not of the kind it should have, by column. */
  Map<String, Long> wrong(Map<String, ValueKind> kinds) {
    var result = new HashMap<String, Long>();
    var columns = List.copyOf(kinds.keySet());
    for (int from = 0; from < columns.size(); from += COLUMNS_A_QUERY) {
      var some = columns.subList(from, Math.min(columns.size(), from + COLUMNS_A_QUERY));
      result.putAll(counts(some, c -> kind(kinds, c).wrong(c, true), table));
    }
    return result;
  }

  private void find(List<Candidate> candidates, Map<String, ValueKind> result) {
    var open = new TreeMap<String, List<ValueKind>>();
    var present =
        counts(candidates.stream().map(Candidate::column).toList(), c -> c + " is not null", table);
    for (var candidate : candidates) {
      if (present.getOrDefault(candidate.column(), 0L) == 0) continue;
      var kinds = new ArrayList<>(ValueKind.all());
      kinds.removeIf(k -> k != ValueKind.TEXT && !candidate.notation().contains(k));
      open.put(candidate.column(), kinds);
    }
    if (open.isEmpty()) return;
    settle(
        open,
        "(select %s from %s limit %d)".formatted(String.join(", ", open.keySet()), table, SAMPLE));
    settle(open, table);
    var found = new TreeMap<String, ValueKind>();
    open.forEach((column, kinds) -> found.put(column, kinds.getFirst()));
    var typed = counts(List.copyOf(found.keySet()), c -> kind(found, c).present(c), table);
    found.forEach((column, kind) -> {
      boolean none = typed.getOrDefault(column, 0L) == 0;
      boolean unclear = kind == ValueKind.COMMA_NUMBER && thousands(column);
      result.put(column, none || unclear ? ValueKind.TEXT : kind);
    });
  }

  /** Drops kinds until the first of every column fits all values of these rows. */
  private void settle(Map<String, List<ValueKind>> open, String from) {
    var unsure = new ArrayList<>(open.keySet());
    while (!unsure.isEmpty()) {
      var wrong = counts(unsure, c -> first(open, c).wrong(c, false), from);
      unsure.removeIf(c -> wrong.getOrDefault(c, 0L) == 0);
      for (var column : unsure) kinds(open, column).removeFirst();
    }
  }

  private static ValueKind kind(Map<String, ValueKind> kinds, String column) {
    var kind = kinds.get(column);
    if (kind == null) throw new IllegalArgumentException(column);
    return kind;
  }

  private static ValueKind first(Map<String, List<ValueKind>> open, String column) {
    return kinds(open, column).getFirst();
  }

  private static List<ValueKind> kinds(Map<String, List<ValueKind>> open, String column) {
    var kinds = open.get(column);
    if (kinds == null) throw new IllegalArgumentException(column);
    return kinds;
  }

  private Map<String, Long> counts(
      List<String> columns, Function<String, String> condition, String from) {
    var result = new HashMap<String, Long>();
    if (columns.isEmpty()) return result;
    var select = columns.stream().map(c -> "count_if(%s)".formatted(condition.apply(c))).toList();
    engine.query(
        "select %s from %s".formatted(String.join(", ", select), from),
        row -> {
          for (int i = 0; i < columns.size(); i++) result.put(columns.get(i), row.getLong(i + 1));
          return true;
        });
    return result;
  }

  /**
   * Whether every comma could as well separate thousands, so that what it means cannot be known.
   */
  private boolean thousands(String column) {
    return engine.number(
            "select count(*) from %s where contains(%s, ',') and not regexp_full_match(trim(%s), '[+-]?[0-9]{1,3},[0-9]{3}')"
                .formatted(table, column, column))
        == 0;
  }
}
