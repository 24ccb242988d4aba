package io.millrace.definitions;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** A project as its {@code millrace.yaml} says. */
public record Project(String name, JsonNode definition) {
  static final String FILE = "millrace.yaml";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  /** Reads the project's own file; InvalidInput with the place of what is wrong. */
  static Project parse(Map<String, String> texts) {
    var text = texts.get(FILE);
    if (text == null)
      throw new InvalidInput(
          "the project has no %s; add one with a line such as: name: my-project".formatted(FILE));
    var root = Yaml.read(FILE, text);
    root.only(Set.of("name", "description", "owners", "kpis"));
    var name = root.required("name");
    if (!NAME.matcher(name.text()).matches()) {
      throw name.invalid(
          "project name \"%s\": expected 1 to 128 of A-Z a-z 0-9 . _ -, starting with a letter or digit"
              .formatted(name.text()));
    }
    root.optional("description").ifPresent(YamlNode::text);
    root.optional("owners").ifPresent(owners -> owners.list().forEach(YamlNode::text));
    root.optional("kpis").ifPresent(kpis -> kpis.map().values().forEach(Project::checkKpi));
    return new Project(name.text(), root.json());
  }

  private static void checkKpi(YamlNode kpi) {
    kpi.only(Set.of("definition", "description", "direction", "target", "unit", "owner"));
    kpi.required("definition").text();
    kpi.optional("direction")
        .ifPresent(direction -> {
          if (!Set.of("up", "down").contains(direction.text()))
            throw direction.invalid(
                "direction \"%s\": expected up or down".formatted(direction.text()));
        });
    kpi.optional("target").ifPresent(YamlNode::number);
    for (var key : Set.of("description", "unit", "owner"))
      kpi.optional(key).ifPresent(YamlNode::text);
  }
}
