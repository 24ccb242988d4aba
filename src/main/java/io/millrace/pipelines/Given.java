package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Snapshot;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a step gets, its expressions evaluated.
 *
 * @param values plain values with the component's defaults filled in; a FILE input's is its path
 * @param artifacts by input name
 * @param sources the output that each artifact comes from, by input name
 * @param files the text of FILE inputs, by input name, and of the files that the component brings,
 *     by PROJECT and their path
 */
record Given(
    Map<String, JsonNode> values,
    Map<String, ArtifactRef> artifacts,
    Map<String, Expression.Reference> sources,
    Map<String, String> files) {
  /** What stands before the path of a file that is no input's; no input's name begins so. */
  static final String PROJECT = "./";

  static Given of(
      StepDefinition step, Component component, Scope scope, Map<String, String> texts) {
    var given = new Given(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    for (var input : component.inputs()) {
      var template = step.with().get(input.name());
      if (template == null) {
        if (input.otherwise() != null) given.values.put(input.name(), input.otherwise());
      } else if (input.type().isArtifact()) {
        given.artifact(input, template, scope);
      } else {
        given.value(input, template, scope, texts);
      }
    }
    var loose = new TreeMap<String, JsonNode>();
    Loose.of(step, component)
        .forEach((name, template) -> loose.put(name, template.evaluate(scope)));
    Loose.put(given.values, loose);
    component.files().forEach((path, text) -> given.files.put(PROJECT + path, text));
    return given;
  }

  /**
   * With the values that name what moves as they are meant now.
   *
   * @param pinned those that were settled before
   */
  Given settled(
      Snapshot s, StepDefinition step, Component component, Map<String, JsonNode> pinned) {
    var settled = new TreeMap<>(values);
    step.with()
        .forEach((name, template) ->
            settled.computeIfPresent(
                name,
                (_, value) ->
                    pinned.containsKey(name)
                        ? pinned.get(name)
                        : component.settle(s, name, value, template.place())));
    return new Given(settled, artifacts, sources, files);
  }

  private void artifact(Component.Input input, Template template, Scope scope) {
    if (!(template instanceof Template.Whole(var place, var expression))
        || expression.wholeReference().isEmpty()) {
      throw new IllegalStateException("unchecked: " + input.name());
    }
    var reference = expression.wholeReference().get();
    var ref = scope.artifact(reference);
    if (ref == null)
      throw place.invalid(
          "step %s gave no output \"%s\" this time"
              .formatted(scope.picked(reference).step(), reference.output()));
    artifacts.put(input.name(), ref);
    sources.put(input.name(), scope.picked(reference));
  }

  private void value(
      Component.Input input, Template template, Scope scope, Map<String, String> texts) {
    var value = template.evaluate(scope);
    if (!ValueChecks.fits(input.type(), value)) {
      throw template
          .place()
          .invalid(
              "input \"%s\": got %s, expected %s"
                  .formatted(input.name(), value, ValueChecks.expected(input.type())));
    }
    values.put(input.name(), value);
    if (input.type() != ValueType.FILE) return;
    var text = texts.get(value.textValue());
    if (text == null)
      throw template
          .place()
          .invalid(
              "input \"%s\": the project has no file \"%s\""
                  .formatted(input.name(), value.textValue()));
    files.put(input.name(), text);
  }

  Map<String, Digest> fileDigests() {
    var digests = new TreeMap<String, Digest>();
    files.forEach((name, text) -> digests.put(name, Digest.of(text)));
    return digests;
  }

  String file(String input) {
    var text = files.get(input);
    if (text == null) throw new InvalidInput("input \"%s\" names no file".formatted(input));
    return text;
  }
}
