package io.millrace.serving.predictions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Set;

/** Rows of the table of predictions as JSON: what is kept as JSON's text becomes JSON again. */
public final class PredictionRow {
  private static final Set<String> DOCUMENTS = Set.of("context", "inputs", "outputs", "feedback");

  private PredictionRow() {}

  static ObjectNode json(ResultSet row) throws SQLException {
    var json = Json.object();
    var columns = row.getMetaData();
    for (int i = 1; i <= columns.getColumnCount(); i++) {
      var value =
          switch (row.getObject(i)) {
            case null -> Json.mapper().nullNode();
            case OffsetDateTime time -> Json.tree(time.toInstant());
            case Object other -> Json.tree(other);
          };
      json.set(columns.getColumnName(i), document(columns.getColumnName(i), value));
    }
    return json;
  }

  /** A row of a list's answer, which has its columns beside it. */
  public static ObjectNode json(JsonNode columns, JsonNode row) {
    var json = Json.object();
    for (int i = 0; i < columns.size(); i++) {
      var name = columns.path(i).path("name").asText();
      json.set(name, document(name, row.path(i)));
    }
    return json;
  }

  private static JsonNode document(String name, JsonNode value) {
    if (!value.isTextual() || !DOCUMENTS.contains(name)) return value;
    try {
      return Json.parse(value.textValue());
    } catch (InvalidInput e) {
      return value;
    }
  }
}
