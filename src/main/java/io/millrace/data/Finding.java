package io.millrace.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;

/**
 * What one condition came to.
 *
 * @param rule the condition in words
 * @param failed rows that break it; of conditions on the table as a whole, such as a missing
 *     column, all rows
 * @param broken whether it is broken; a missing column is, in an empty table too
 * @param examples of at most five of the rows: "#", the row counted from 1, and values by column,
 *     cut to 80 characters
 * @param fix what to do about it
 */
public record Finding(
    String rule,
    OnFailure onFailure,
    boolean broken,
    long failed,
    List<SequencedMap<String, String>> examples,
    String fix) {
  public Finding {
    examples = List.copyOf(examples);
  }

  static Finding whole(String rule, OnFailure onFailure, long rows, String fix) {
    return new Finding(rule, onFailure, true, rows, List.of(), fix);
  }

  public ObjectNode json() {
    var result =
        Json.object().put("rule", rule).put("on_failure", onFailure.word()).put("rows", failed);
    if (!fix.isEmpty()) result.put("fix", fix);
    if (!examples.isEmpty()) {
      var list = result.putArray("examples");
      examples.forEach(e -> list.add(Json.tree(e)));
    }
    return result;
  }

  /** For people, over several lines. */
  public String text() {
    var text =
        new StringBuilder(rule)
            .append(": ")
            .append(
                examples.isEmpty() && failed == 0 ? "broken" : "%,d rows fail".formatted(failed));
    if (!fix.isEmpty()) text.append("; ").append(fix);
    for (var example : examples) {
      var cells = new ArrayList<String>();
      example.forEach(
          (name, value) -> cells.add(name.equals("#") ? "row " + value : name + "=" + value));
      text.append("\n    ").append(String.join(", ", cells));
    }
    return text.toString();
  }
}
