package io.millrace.pipelines.openlineage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Program;
import io.millrace.base.Snapshot;
import io.millrace.metadata.Artifact;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.Execution;
import io.millrace.metadata.ExecutionId;
import io.millrace.metadata.Lineage;
import io.millrace.metadata.Metadata;
import io.millrace.pipelines.RunFacts;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Composes OpenLineage's run events of what the graph holds. What stands in an event follows from
 * its row and the graph alone, so that one that is sent twice is the same, under the same run id.
 */
final class LineageDocuments {
  static final String NAMESPACE = "millrace";

  private static final String SPEC = "https://openlineage.io/spec/";
  private static final String EVENT = SPEC + "2-0-2/OpenLineage.json#/$defs/RunEvent";
  private static final String FACETS = SPEC + "facets/";

  private final Metadata metadata;

  LineageDocuments(Metadata metadata) {
    this.metadata = metadata;
  }

  private static String producer() {
    return "urn:millrace:" + Program.version();
  }

  static UUID runId(String run) {
    return UUID.nameUUIDFromBytes(("millrace run " + run).getBytes(StandardCharsets.UTF_8));
  }

  /** Each attempt of a step is a run of its own. */
  static UUID runId(String run, String step, ExecutionId attempt) {
    return UUID.nameUUIDFromBytes(
        "millrace step %s %s %s".formatted(run, step, attempt).getBytes(StandardCharsets.UTF_8));
  }

  ObjectNode event(Snapshot s, OutboxStore.Row row) {
    var event =
        Json.object()
            .put("eventType", row.type())
            .put("eventTime", Instant.ofEpochMilli(row.at()).toString())
            .put("producer", producer())
            .put("schemaURL", EVENT);
    if (row.kind().equals("RUN")) run(s, event, row.ref());
    else step(s, event, new ExecutionId(Long.parseLong(row.ref())));
    return event;
  }

  private void run(Snapshot s, ObjectNode event, String id) {
    var known = RunFacts.of(s, id);
    var facets = event.putObject("run").put("runId", runId(id).toString()).putObject("facets");
    engine(facets);
    if (known.nominal() != null)
      facet(facets, "nominalTime", "1-0-1/NominalTimeRunFacet.json")
          .put("nominalStartTime", known.nominal());
    if (known.error() != null && event.path("eventType").asText().equals("FAIL"))
      error(facets, known.error());
    job(event, known.pipeline(), "PIPELINE", known.path(), known.definition());
    event.putArray("inputs");
    event.putArray("outputs");
  }

  private void step(Snapshot s, ObjectNode event, ExecutionId id) {
    var execution = metadata.execution(s, id);
    var around = metadata.around(s, id);
    var run = execution.properties().path("run").asText();
    var step = execution.properties().path("step").asText();
    var known = RunFacts.of(s, run);
    var facets =
        event.putObject("run").put("runId", runId(run, step, id).toString()).putObject("facets");
    engine(facets);
    var parent = facet(facets, "parent", "1-0-1/ParentRunFacet.json");
    parent.putObject("run").put("runId", runId(run).toString());
    parent.putObject("job").put("namespace", NAMESPACE).put("name", known.pipeline());
    if (event.path("eventType").asText().equals("FAIL")) error(facets, reason(execution));
    job(event, execution.name(), "STEP", known.path(), known.definition());
    var inputs = event.putArray("inputs");
    var outputs = event.putArray("outputs");
    for (var edge : around.edges()) {
      var artifact =
          around.artifacts().stream().filter(a -> a.id().equals(edge.artifact())).findFirst();
      if (artifact.isEmpty() || !isData(artifact.get().type())) continue;
      boolean isInput = edge.direction() == Lineage.Side.INPUT;
      dataset(isInput ? inputs : outputs, artifact.get(), isInput);
    }
  }

  private static String reason(Execution execution) {
    return execution.properties().path("reason").asText("it failed");
  }

  /** What OpenLineage calls a dataset: all but definitions and parameters. */
  private static boolean isData(ArtifactType type) {
    return type != ArtifactType.DEFINITION && type != ArtifactType.PARAMETERS;
  }

  private static ObjectNode facet(ObjectNode facets, String name, String schema) {
    return facets
        .putObject(name)
        .put("_producer", producer())
        .put("_schemaURL", FACETS + schema + "#/$defs/" + schema.replaceAll(".*/|\\.json", ""));
  }

  private static void engine(ObjectNode facets) {
    facet(facets, "processing_engine", "1-1-1/ProcessingEngineRunFacet.json")
        .put("name", "millrace")
        .put("version", Program.version());
  }

  private static void error(ObjectNode facets, String message) {
    facet(facets, "errorMessage", "1-0-1/ErrorMessageRunFacet.json")
        .put("message", message)
        .put("programmingLanguage", "java");
  }

  private static void job(
      ObjectNode event, String name, String type, @Nullable String path, Digest definition) {
    var facets =
        event.putObject("job").put("namespace", NAMESPACE).put("name", name).putObject("facets");
    facet(facets, "jobType", "2-0-3/JobTypeJobFacet.json")
        .put("processingType", "BATCH")
        .put("integration", "MILLRACE")
        .put("jobType", type);
    var code =
        facet(facets, "sourceCodeLocation", "1-0-1/SourceCodeLocationJobFacet.json")
            .put("type", "millrace")
            .put("url", "urn:sha256:" + definition.hex())
            .put("version", definition.hex());
    if (path != null) code.put("path", path);
  }

  private static void dataset(ArrayNode into, Artifact artifact, boolean isInput) {
    boolean isVersion = artifact.type() == ArtifactType.DATASET_VERSION;
    int slash = artifact.name().lastIndexOf('/');
    var name = isVersion && slash > 0 ? artifact.name().substring(0, slash) : artifact.name();
    var dataset = into.addObject().put("namespace", NAMESPACE).put("name", name);
    var facets = dataset.putObject("facets");
    var digest = artifact.digest();
    var version =
        isVersion && slash > 0
            ? artifact.name().substring(slash + 1)
            : digest == null ? null : digest.hex();
    if (version != null)
      facet(facets, "version", "1-0-1/DatasetVersionDatasetFacet.json")
          .put("datasetVersion", version);
    var columns = artifact.properties().path("columns");
    if (columns.isArray()) schema(facets, columns);
    if (isInput && artifact.properties().path("rows").isNumber())
      quality(dataset.putObject("inputFacets"), artifact.properties());
  }

  private static void schema(ObjectNode facets, JsonNode columns) {
    var fields = facet(facets, "schema", "1-1-1/SchemaDatasetFacet.json").putArray("fields");
    for (var column : columns)
      fields
          .addObject()
          .put("name", column.path("name").asText())
          .put("type", column.path("type").asText());
  }

  private static void quality(ObjectNode facets, JsonNode properties) {
    var quality =
        facet(facets, "dataQualityMetrics", "1-0-2/DataQualityMetricsInputDatasetFacet.json")
            .put("rowCount", properties.path("rows").asLong());
    if (properties.path("bytes").isNumber())
      quality.put("bytes", properties.path("bytes").asLong());
    quality.putObject("columnMetrics");
  }
}
