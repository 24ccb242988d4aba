package io.millrace.metadata.openlineage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Transaction;
import io.millrace.metadata.ArtifactId;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.ExecutionId;
import io.millrace.metadata.ExecutionState;
import io.millrace.metadata.Metadata;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes OpenLineage's events into the graph: a run is an execution, found again by its id, and a
 * dataset an artifact. Events may come twice and in any order; what follows a run's end adds to
 * what it read and made, and does not change how it ended.
 */
final class LineageEvents {
  static final int MOST_DATASETS = 1_000;
  static final int MOST_FACET_BYTES = 64 << 10;
  private static final int LONGEST_NAME = 1_000;
  private static final String CONTEXT = "openlineage-run";
  private static final Set<String> TYPES =
      Set.of("START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER");

  private final Metadata metadata;

  LineageEvents(Metadata metadata) {
    this.metadata = metadata;
  }

  /** Notes one event of a run, a dataset or a job; the last says nothing that the graph keeps. */
  void accept(Transaction tx, JsonNode event) {
    if (!event.isObject()) throw new InvalidInput("event", event.getNodeType(), "a JSON object");
    instant(event);
    if (event.has("run")) run(tx, event);
    else if (event.has("dataset")) dataset(tx, event.path("dataset"), "dataset");
    else if (!event.has("job"))
      throw new InvalidInput(
          "event", "neither run, dataset nor job", "a run event with run, job and eventType");
  }

  private void run(Transaction tx, JsonNode event) {
    var id = text(event.path("run"), "runId", "run");
    var job = event.path("job");
    var name = "%s/%s".formatted(text(job, "namespace", "job"), text(job, "name", "job"));
    var type = event.path("eventType").asText("OTHER");
    if (!TYPES.contains(type))
      throw new InvalidInput(
          "eventType", type, "one of " + String.join(", ", TYPES.stream().sorted().toList()));
    var execution = execution(tx, id, name, event);
    datasets(event, "inputs")
        .forEach(d -> metadata.input(tx, execution, dataset(tx, d, "inputs"), "dataset"));
    datasets(event, "outputs")
        .forEach(d -> metadata.output(tx, execution, dataset(tx, d, "outputs"), "dataset"));
    var end = end(type);
    if (end == null || metadata.execution(tx, execution).state() != ExecutionState.RUNNING) return;
    var said = Json.object().put("ended_there_at", event.path("eventTime").asText());
    var error = event.path("run").path("facets").path("errorMessage").path("message");
    if (error.isTextual()) said.put("reason", cut(error.textValue()));
    metadata.end(tx, execution, end, said);
  }

  private static @Nullable ExecutionState end(String type) {
    return switch (type) {
      case "COMPLETE" -> ExecutionState.COMPLETE;
      case "FAIL" -> ExecutionState.FAILED;
      case "ABORT" -> ExecutionState.CANCELLED;
      default -> null;
    };
  }

  private ExecutionId execution(Transaction tx, String run, String job, JsonNode event) {
    var standing = metadata.executions(tx, CONTEXT, run);
    if (!standing.isEmpty()) return standing.getFirst().id();
    var properties =
        Json.object()
            .put("run_id", run)
            .put("producer", cut(event.path("producer").asText("")))
            .put("began_there_at", event.path("eventTime").asText());
    var parent = event.path("run").path("facets").path("parent").path("run").path("runId");
    if (parent.isTextual()) properties.put("parent_run_id", cut(parent.textValue()));
    var made = metadata.begin(tx, "openlineage/run", job, properties);
    metadata.attach(tx, metadata.context(tx, CONTEXT, run), made);
    return made;
  }

  private static List<JsonNode> datasets(JsonNode event, String side) {
    var found = event.path(side);
    if (found.isMissingNode() || found.isNull()) return List.of();
    if (!(found instanceof ArrayNode list))
      throw new InvalidInput(side, found.getNodeType(), "a list of datasets");
    if (list.size() > MOST_DATASETS)
      throw new InvalidInput(side, list.size(), "%d datasets at most".formatted(MOST_DATASETS));
    return list.valueStream().toList();
  }

  private ArtifactId dataset(Transaction tx, JsonNode dataset, String where) {
    var namespace = text(dataset, "namespace", where);
    var name = text(dataset, "name", where);
    var version = dataset.path("facets").path("version").path("datasetVersion").asText("");
    if (version.length() > LONGEST_NAME)
      throw new InvalidInput(where, "a version of " + version.length(), "1,000 characters at most");
    var properties = Json.object().put("namespace", namespace).put("name", name);
    if (dataset.path("facets") instanceof ObjectNode facets
        && facets.toString().length() <= MOST_FACET_BYTES) properties.set("facets", facets);
    return metadata.artifact(
        tx,
        ArtifactType.EXTERNAL_DATASET,
        null,
        namespace + "/" + name + (version.isEmpty() ? "" : "@" + version),
        properties);
  }

  private static void instant(JsonNode event) {
    var text = text(event, "eventTime", "event");
    try {
      OffsetDateTime.parse(text);
    } catch (DateTimeParseException e) {
      throw new InvalidInput("eventTime", text, "a time such as 2026-01-31T12:00:00Z");
    }
  }

  private static String text(JsonNode node, String field, String where) {
    var found = node.path(field);
    if (!found.isTextual() || found.textValue().isBlank())
      throw new InvalidInput(where + "." + field, found, "a text");
    if (found.textValue().length() > LONGEST_NAME)
      throw new InvalidInput(
          where + "." + field,
          "%d characters".formatted(found.textValue().length()),
          "%,d at most".formatted(LONGEST_NAME));
    return found.textValue();
  }

  private static String cut(String text) {
    return text.length() <= LONGEST_NAME ? text : text.substring(0, LONGEST_NAME);
  }
}
