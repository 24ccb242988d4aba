package io.millrace.data;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the content of one dataset differs from another's.
 *
 * @param retyped columns of both whose type is another
 * @param columns what both have, in the first one's order
 */
public record Difference(
    long rowsBefore,
    long rowsAfter,
    List<String> added,
    List<String> removed,
    List<Retyped> retyped,
    List<ColumnDifference> columns) {
  public Difference {
    added = List.copyOf(added);
    removed = List.copyOf(removed);
    retyped = List.copyOf(retyped);
    columns = List.copyOf(columns);
  }

  /** A column of two types. */
  public record Retyped(String name, String before, String after) {}

  /** A value's rows in both. */
  public record Change(String value, long before, long after) {}

  /**
   * One column of both.
   *
   * @param psi the population stability index over the first one's bins or top values; null where
   *     the types cannot be compared or one side has no values. Below 0.1 is commonly read as
   *     stable, above 0.25 as shifted
   * @param top the first one's top values
   */
  public record ColumnDifference(
      String name,
      ColumnStatistics before,
      ColumnStatistics after,
      double nullShareBefore,
      double nullShareAfter,
      @Nullable Double psi,
      List<Change> top) {
    public ColumnDifference {
      top = List.copyOf(top);
    }

    /** "stable", "some" or "shifted", empty where there is no index. */
    public String verdict() {
      if (psi == null) return "";
      return psi < 0.1 ? "stable" : psi <= 0.25 ? "some" : "shifted";
    }
  }

  /**
   * The population stability index, sum of (q - p) ln(q / p) over bins, where p and q are the
   * shares of two counts. Half a row is added to every bin, so that an empty one does not make it
   * infinite.
   */
  static double psi(List<Long> before, List<Long> after) {
    int bins = before.size();
    double allBefore = before.stream().mapToLong(Long::longValue).sum() + 0.5 * bins;
    double allAfter = after.stream().mapToLong(Long::longValue).sum() + 0.5 * bins;
    double sum = 0;
    for (int i = 0; i < bins; i++) {
      double p = (before.get(i) + 0.5) / allBefore;
      double q = (after.get(i) + 0.5) / allAfter;
      sum += (q - p) * Math.log(q / p);
    }
    return sum;
  }

  @JsonValue
  public JsonNode json() {
    var result = Json.object();
    pair(result, "rows").put("from", rowsBefore).put("to", rowsAfter);
    result.set("added", Json.tree(added));
    result.set("removed", Json.tree(removed));
    var types = result.putArray("retyped");
    retyped.forEach(
        r -> types.addObject().put("name", r.name()).put("from", r.before()).put("to", r.after()));
    var list = result.putArray("columns");
    for (var column : columns) list.add(json(column));
    return result;
  }

  private static ObjectNode json(ColumnDifference column) {
    var result = Json.object().put("name", column.name());
    pair(result, "null_share")
        .put("from", column.nullShareBefore())
        .put("to", column.nullShareAfter());
    pair(result, "distinct")
        .put("from", column.before().distinct())
        .put("to", column.after().distinct());
    var before = column.before().numbers();
    var after = column.after().numbers();
    if (before != null && after != null) {
      pair(result, "mean").put("from", before.mean()).put("to", after.mean());
      pair(result, "stddev").put("from", before.stddev()).put("to", after.stddev());
    }
    if (column.psi() != null) result.put("psi", column.psi()).put("verdict", column.verdict());
    if (!column.top().isEmpty()) {
      var top = result.putArray("top");
      column
          .top()
          .forEach(c ->
              top.addObject().put("value", c.value()).put("from", c.before()).put("to", c.after()));
    }
    return result;
  }

  private static ObjectNode pair(ObjectNode parent, String name) {
    return parent.putObject(name);
  }
}
