package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Cel;
import io.millrace.base.Names;
import io.millrace.definitions.YamlNode;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How runs exclude each other: of one group, over all pipelines of a project, one is at work at a
 * time.
 *
 * @param group a text that may hold parameters
 */
record Concurrency(Template group, Policy policy) {
  static final int LONGEST_GROUP = 200;

  /** What becomes of a run that is started while another of its group is at work. */
  enum Policy {
    /** It waits until those before it have ended. */
    QUEUE,
    /** Those before it are cancelled, and it waits for their ends. */
    CANCEL_OLDER,
    /** It is not started. */
    SKIP;

    String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static List<String> names() {
      return Arrays.stream(values()).map(Policy::text).toList();
    }
  }

  static @Nullable Concurrency parse(YamlNode root) {
    var node = root.optional("concurrency");
    if (node.isEmpty()) return null;
    node.get().only(Set.of("group", "policy"));
    var given = node.get().required("group");
    if (given.isMap() || given.isList() || given.isNull())
      throw given.invalid(
          "concurrency.group: got %s, expected a text, such as  group: \"train-${{ params.region }}\""
              .formatted(given.json()));
    var group = Template.of(given);
    group
        .expressions()
        .filter(e -> !e.references().isEmpty() || e.readsRun())
        .findFirst()
        .ifPresent(e -> {
          throw given.invalid(
              "concurrency.group: \"%s\" is not known when a run is started; use parameters only"
                  .formatted(Cel.shown(e.source())));
        });
    return new Concurrency(
        group, node.get().optional("policy").map(Concurrency::policy).orElse(Policy.QUEUE));
  }

  private static Policy policy(YamlNode node) {
    return Arrays.stream(Policy.values())
        .filter(policy -> policy.text().equals(node.text()))
        .findFirst()
        .orElseThrow(() ->
            node.invalid(
                "concurrency.policy: got \"%s\"%s; expected one of %s"
                    .formatted(
                        node.text(),
                        Names.nearest(node.text(), Policy.names())
                            .map("; did you mean \"%s\"?"::formatted)
                            .orElse(""),
                        String.join(", ", Policy.names()))));
  }

  /** The group's name of a run with these parameters; InvalidInput if it is none. */
  private String group(Map<String, JsonNode> params) {
    var value = group.evaluate(new Scope(params, Map.of()));
    var text = value.isContainerNode() ? "" : value.asText();
    if (text.isBlank() || text.length() > LONGEST_GROUP)
      throw group
          .place()
          .invalid(
              "concurrency.group: the run's parameters make it \"%s\", expected 1 to %d characters"
                  .formatted(Cel.shown(text), LONGEST_GROUP));
    return text;
  }

  /** The lane of a run with these parameters; null where it excludes none. */
  static @Nullable String lane(
      PipelineDefinition pipeline, String project, Map<String, JsonNode> params) {
    return pipeline.concurrency() == null
        ? null
        : project + "/" + pipeline.concurrency().group(params);
  }

  /** The group that a lane is of. */
  static @Nullable String group(@Nullable String lane) {
    return Optional.ofNullable(lane).map(l -> l.substring(l.indexOf('/') + 1)).orElse(null);
  }
}
