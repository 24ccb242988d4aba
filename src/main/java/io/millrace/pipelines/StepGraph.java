package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Transaction;
import io.millrace.metadata.Artifact;
import io.millrace.metadata.ArtifactId;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.ExecutionId;
import io.millrace.metadata.ExecutionState;
import io.millrace.metadata.Metadata;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a step writes into the metadata graph: one execution per attempt, with all it read and made.
 */
final class StepGraph {
  private final Metadata metadata;
  private final LiveRun run;
  private final StepDefinition step;

  StepGraph(Metadata metadata, LiveRun run, StepDefinition step) {
    this.metadata = metadata;
    this.run = run;
    this.step = step;
  }

  ExecutionId begin(
      Transaction tx, Given given, Map<String, ArtifactRef> pins, @Nullable StepKey key) {
    var properties =
        Json.object().put("run", run.id).put("step", step.id()).put("component", step.component());
    if (key != null) properties.put("key", key.digest().hex());
    var execution = metadata.begin(tx, "step", name(step.id()), properties);
    var place = run.place.of(tx, metadata, run);
    metadata.attach(tx, place.pipeline(), execution);
    metadata.attach(tx, place.run(), execution);
    metadata.input(tx, execution, place.definition(), "pipeline");
    run.pipeline
        .usedBy(step.id())
        .forEach(path ->
            metadata.input(
                tx,
                execution,
                metadata.artifact(
                    tx,
                    ArtifactType.DEFINITION,
                    Digest.of(run.texts.getOrDefault(path, "")),
                    path,
                    Json.object()),
                Given.PROJECT + path));
    given
        .artifacts()
        .forEach(
            (input, ref) -> metadata.input(tx, execution, input(tx, given, input, ref), input));
    given
        .files()
        .forEach((input, text) -> {
          var path =
              input.startsWith(Given.PROJECT)
                  ? input.substring(Given.PROJECT.length())
                  : given.values().getOrDefault(input, Json.tree(input)).asText();
          metadata.input(
              tx,
              execution,
              metadata.artifact(tx, ArtifactType.DEFINITION, Digest.of(text), path, Json.object()),
              input);
        });
    pins.forEach((role, ref) -> metadata.input(tx, execution, pinned(tx, role, ref), role));
    if (!given.values().isEmpty())
      metadata.input(tx, execution, parameters(tx, given.values()), "parameters");
    return execution;
  }

  private ArtifactId input(Transaction tx, Given given, String input, ArtifactRef ref) {
    var source = given.sources().get(input);
    return metadata.artifact(
        tx,
        type(ref.type()),
        ref.digest(),
        source == null ? name(step.id()) + "." + input : output(source.step(), source.output()),
        Json.object());
  }

  /** A version that has a name, where there is one: of the role's own name first. */
  private ArtifactId pinned(Transaction tx, String role, ArtifactRef ref) {
    List<Artifact> known = metadata.find(tx, ref.digest());
    return known.stream()
        .filter(StepGraph::isVersion)
        .filter(a -> a.name().startsWith(role + "/"))
        .findFirst()
        .or(() -> known.stream().filter(StepGraph::isVersion).findFirst())
        .or(() -> known.stream().filter(a -> a.type() == type(ref.type())).findFirst())
        .map(Artifact::id)
        .orElseGet(
            () -> metadata.artifact(tx, type(ref.type()), ref.digest(), role, Json.object()));
  }

  private static boolean isVersion(Artifact artifact) {
    return artifact.type() == ArtifactType.DATASET_VERSION
        || artifact.type() == ArtifactType.MODEL_VERSION;
  }

  private ArtifactId parameters(Transaction tx, Map<String, JsonNode> values) {
    ObjectNode all = Json.object();
    all.setAll(values);
    return metadata.artifact(
        tx, ArtifactType.PARAMETERS, Digest.of(Json.canonical(all)), name(step.id()), all);
  }

  void end(
      Transaction tx,
      ExecutionId execution,
      ExecutionState state,
      Map<String, ArtifactRef> made,
      JsonNode properties) {
    made.forEach((output, ref) ->
        metadata.output(
            tx,
            execution,
            metadata.artifact(
                tx, type(ref.type()), ref.digest(), output(step.id(), output), Json.object()),
            output));
    metadata.end(tx, execution, state, properties);
  }

  /** Notes that what the step's instances made was put together. */
  void gather(Transaction tx, Outputs gave) {
    var properties =
        Json.object().put("run", run.id).put("step", step.id()).put("component", step.component());
    var execution = metadata.begin(tx, "step", name(step.id()), properties);
    metadata.attach(tx, metadata.context(tx, "pipeline", run.pipeline.name()), execution);
    metadata.attach(tx, metadata.context(tx, "pipeline_run", run.id), execution);
    for (int i = 0; i < gave.instances().size(); i++) {
      var instance = Instances.name(step.id(), i);
      gave.instances()
          .get(i)
          .artifacts()
          .forEach((output, ref) ->
              metadata.input(
                  tx,
                  execution,
                  metadata.artifact(
                      tx, type(ref.type()), ref.digest(), output(instance, output), Json.object()),
                  output + instance.substring(step.id().length())));
    }
    end(tx, execution, ExecutionState.COMPLETE, gave.artifacts(), Json.object());
  }

  private String name(String id) {
    return run.pipeline.name() + "." + id;
  }

  private String output(String id, String output) {
    return name(id) + "." + output;
  }

  private static ArtifactType type(ValueType type) {
    return switch (type) {
      case DATASET -> ArtifactType.DATASET;
      case MODEL -> ArtifactType.MODEL;
      case MODELS -> ArtifactType.MODELS;
      case REPORT -> ArtifactType.REPORT;
      case METRICS, BLOB -> ArtifactType.FILE;
      case FOLDER -> ArtifactType.FOLDER;
      case TEXT, INTEGER, NUMBER, BOOLEAN, DATE, LIST, MAP, FILE, ANY ->
          throw new IllegalArgumentException(type + " is no artifact");
    };
  }
}
