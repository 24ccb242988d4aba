package io.millrace.pipelines;

import java.util.List;
import java.util.SequencedMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline as its file says. Steps are in the order of the file.
 *
 * @param concurrency null where its runs do not exclude each other
 * @param ports what it is to steps of others that use it
 * @param parts the steps that use other pipelines, once these have been put in their place; they
 *     are not among the steps then
 */
record PipelineDefinition(
    String name,
    String path,
    SequencedMap<String, Param> params,
    SequencedMap<String, StepDefinition> steps,
    List<Trigger> triggers,
    @Nullable Concurrency concurrency,
    @Nullable TestDefinition test,
    Ports ports,
    SequencedMap<String, Part> parts) {
  /** A step that uses a pipeline, and that pipeline as its own file has it. */
  record Part(StepDefinition use, PipelineDefinition pipeline) {}

  /** With the steps of the pipelines that it uses. */
  PipelineDefinition with(
      SequencedMap<String, StepDefinition> all, Ports seen, SequencedMap<String, Part> uses) {
    return new PipelineDefinition(name, path, params, all, triggers, concurrency, test, seen, uses);
  }

  /** Whether it is for other pipelines only. */
  boolean isForOthers() {
    return !ports.inputs().isEmpty();
  }

  /** The files of all pipelines that it uses. */
  TreeSet<String> used() {
    var all = new TreeSet<String>();
    parts.values().forEach(part -> all.add(part.pipeline().path()));
    return all;
  }

  /** The files of those that the step is in, from the outermost on. */
  List<String> usedBy(String step) {
    return parts.entrySet().stream()
        .filter(part -> step.startsWith(part.getKey() + "/"))
        .map(part -> part.getValue().pipeline().path())
        .toList();
  }

  /** Where the file of a place is used, for messages: nothing if it is this pipeline's own. */
  String usedAt(String file) {
    var uses =
        parts.values().stream()
            .filter(part -> part.pipeline().path().equals(file))
            .map(part -> part.use().uses().place())
            .distinct()
            .toList();
    return uses.isEmpty() ? "" : " (used at %s)".formatted(String.join(", ", uses));
  }
}
