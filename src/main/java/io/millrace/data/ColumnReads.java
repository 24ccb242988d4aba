package io.millrace.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.pipelines.Component.Reads;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * Whether a statement, as DuckDB parsed it, can give other rows when a column's values change. The
 * column is told by its name alone, of whichever table, so that some statements are said to read it
 * that read another of that name.
 */
final class ColumnReads {
  private final String column;
  private final Set<String> relations = new HashSet<>();

  private ColumnReads(String column) {
    this.column = column.toLowerCase(Locale.ROOT);
  }

  static Reads of(JsonNode document, String column) {
    var search = new ColumnReads(column);
    search.relations(document);
    return search.reads(document);
  }

  private void relations(JsonNode node) {
    if (node.has("alias") && node.path("class").isMissingNode()) add(node.path("alias"));
    add(node.path("table_name"));
    for (var part : node.path("qualified_name").path("path")) add(part);
    for (var cte : node.path("cte_map").path("map")) add(cte.path("key"));
    for (var child : node) relations(child);
  }

  private void add(JsonNode name) {
    if (name.isTextual() && !name.textValue().isEmpty())
      relations.add(name.textValue().toLowerCase(Locale.ROOT));
  }

  private Reads reads(JsonNode node) {
    var own = own(node);
    if (own == Reads.YES) return own;
    var all = own;
    for (var child : node) {
      if (isOrderByAll(child)) continue;
      var below = reads(child);
      if (below == Reads.YES) return below;
      if (below == Reads.UNKNOWN) all = below;
    }
    return all;
  }

  /** Its star stands for the columns of the result. */
  private static boolean isOrderByAll(JsonNode node) {
    return node.path("type").asText().startsWith("ORDER_")
        && node.path("expression").path("class").asText().equals("STAR");
  }

  private Reads own(JsonNode node) {
    return switch (node.path("class").asText()) {
      case "COLUMN_REF" -> reference(node.path("column_names"));
      case "STAR" -> Reads.YES;
      case "POSITIONAL_REFERENCE" -> Reads.UNKNOWN;
      default -> relation(node);
    };
  }

  private Reads reference(JsonNode names) {
    for (var name : names) if (isColumn(name)) return Reads.YES;
    boolean wholeRow =
        names.size() == 1 && relations.contains(names.path(0).asText().toLowerCase(Locale.ROOT));
    return wholeRow ? Reads.UNKNOWN : Reads.NO;
  }

  private Reads relation(JsonNode node) {
    for (var name : node.path("using_columns")) if (isColumn(name)) return Reads.YES;
    boolean byName = node.path("ref_type").asText().matches("NATURAL|POSITIONAL");
    boolean renamed =
        node.path("type").asText().equals("BASE_TABLE")
            && !node.path("column_name_alias").isEmpty();
    boolean turned = node.path("type").asText().contains("PIVOT");
    return byName || renamed || turned ? Reads.UNKNOWN : Reads.NO;
  }

  private boolean isColumn(JsonNode name) {
    return name.asText().toLowerCase(Locale.ROOT).equals(column);
  }
}
