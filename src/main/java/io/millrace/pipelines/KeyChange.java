package io.millrace.pipelines;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.millrace.base.Json;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A part of a step's key that is another than it was.
 *
 * @param part which: component, program, value, file, artifact, pin, or another top part of keys
 * @param name within the part; empty where the part has no names
 * @param before null where it was not there
 * @param after null where it is there no longer
 * @param known what people call it: the file's path, the dataset's versions, the output that made
 *     it; empty where nobody knows
 */
public record KeyChange(
    String part, String name, @Nullable JsonNode before, @Nullable JsonNode after, String known) {
  private static final int LONGEST = 80;

  /** Parts that hold one entry per name, and what one entry is called. */
  private static final Map<String, String> NAMED =
      Map.of("values", "value", "files", "file", "artifacts", "artifact", "pins", "pin");

  /** Everything that differs, in the order of the keys. */
  static List<KeyChange> between(JsonNode before, JsonNode after) {
    var changes = new ArrayList<KeyChange>();
    for (var part : names(before, after)) {
      var was = before.path(part);
      var is = after.path(part);
      if (was.equals(is)) continue;
      if (!was.isObject() || !is.isObject()) {
        changes.add(new KeyChange(NAMED.getOrDefault(part, part), "", there(was), there(is), ""));
        continue;
      }
      for (var name : names(was, is))
        add(changes, NAMED.getOrDefault(part, part), name, was.path(name), is.path(name));
    }
    return List.copyOf(changes);
  }

  /** A value that is a map is told by its entries. */
  private static void add(
      List<KeyChange> changes, String part, String name, JsonNode was, JsonNode is) {
    if (same(was, is)) return;
    if (part.equals("value") && was.isObject() && is.isObject())
      for (var key : names(was, is))
        add(changes, part, name + "." + key, was.path(key), is.path(key));
    else changes.add(new KeyChange(part, name, there(was), there(is), ""));
  }

  /** As the key takes them: 1 and 1.0 are one number there. */
  private static boolean same(JsonNode a, JsonNode b) {
    if (a.isMissingNode() || b.isMissingNode()) return a.isMissingNode() && b.isMissingNode();
    return Json.canonical(a).equals(Json.canonical(b));
  }

  private static LinkedHashSet<String> names(JsonNode a, JsonNode b) {
    var names = new LinkedHashSet<String>();
    a.fieldNames().forEachRemaining(names::add);
    b.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static @Nullable JsonNode there(JsonNode node) {
    return node instanceof MissingNode ? null : node;
  }

  KeyChange knownAs(String known) {
    return new KeyChange(part, name, before, after, known);
  }

  /** In words, such as "value seed: 1 -> 2". */
  @JsonProperty
  public String text() {
    var what = name.isEmpty() ? part : part + " " + name;
    var called = known.isEmpty() ? "" : " (" + known + ")";
    return "%s%s: %s -> %s".formatted(what, called, shown(before), shown(after));
  }

  private String shown(@Nullable JsonNode value) {
    if (value == null) return "none";
    if (value.path("digest").isTextual()) return brief(value.path("digest").asText());
    var text = value.isTextual() ? value.textValue() : value.toString();
    if (part.equals("file") || part.equals("program")) return brief(text);
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
  }

  private static String brief(String digest) {
    return digest.length() <= 12 ? digest : digest.substring(0, 12);
  }
}
