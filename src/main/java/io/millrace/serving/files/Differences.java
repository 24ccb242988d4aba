package io.millrace.serving.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What of some settings changes, for people to read. */
final class Differences {
  private Differences() {}

  /** Each as KEY FROM -> TO. */
  static List<String> of(ObjectNode before, ObjectNode after, String prefix) {
    var keys = new TreeSet<String>();
    before.fieldNames().forEachRemaining(keys::add);
    after.fieldNames().forEachRemaining(keys::add);
    var differences = new ArrayList<String>();
    for (var key : keys) {
      var from = shown(before.get(key));
      var to = shown(after.get(key));
      if (!from.equals(to)) differences.add("%s%s %s -> %s".formatted(prefix, key, from, to));
    }
    return differences;
  }

  static ObjectNode tree(Object settings) {
    return (ObjectNode) Json.tree(settings);
  }

  private static String shown(@Nullable JsonNode value) {
    if (value == null || value.isNull()) return "none";
    return value.isTextual() ? value.textValue() : value.toString();
  }
}
