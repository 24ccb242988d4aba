package io.millrace.serving.predictions;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Database;
import io.millrace.base.Json;
import io.millrace.metadata.Artifact;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.Direction;
import io.millrace.metadata.Execution;
import io.millrace.metadata.Metadata;
import io.millrace.registry.ModelRegistry;
import io.millrace.registry.VersionId;
import java.util.Set;

/** What made the model that answered: its version, the run, what was executed, on which data. */
public final class Origins {
  private static final int DEPTH = 50;
  private static final Set<ArtifactType> DATA =
      Set.of(ArtifactType.DATASET_VERSION, ArtifactType.EXTERNAL_DATASET, ArtifactType.SOURCE_FILE);

  private final Database database;
  private final ModelRegistry registry;
  private final Metadata metadata;

  public Origins(Database database, ModelRegistry registry, Metadata metadata) {
    this.database = database;
    this.registry = registry;
    this.metadata = metadata;
  }

  /** Adds to a prediction what its version and package tell. */
  public ObjectNode addTo(ObjectNode prediction) {
    var version = prediction.path("version").asText();
    var model =
        prediction
            .putObject("model")
            .put("version", version)
            .put("package", prediction.path("package").asText());
    return database.read(s -> {
      var found = registry.findVersion(s, VersionId.parse(version));
      model.put("registered", found.isPresent());
      found.ifPresent(it -> {
        model.put("source", it.source()).put("registered_at", it.createdAt().toString());
        if (!it.card().run().isEmpty()) model.put("run", it.card().run());
      });
      var made = model.putArray("made_by");
      var data = model.putArray("data");
      metadata
          .named(s, ArtifactType.MODEL_VERSION, version)
          .ifPresent(root -> {
            var lineage = metadata.lineage(s, root.id(), Direction.UP, DEPTH);
            for (var execution : lineage.executions()) made.add(of(execution));
            for (var artifact : lineage.artifacts())
              if (DATA.contains(artifact.type())) data.add(of(artifact));
          });
      return prediction;
    });
  }

  private static ObjectNode of(Execution execution) {
    return Json.object()
        .put("execution", execution.id().value())
        .put("kind", execution.kind())
        .put("name", execution.name())
        .put("started_at", execution.startedAt().toString());
  }

  private static ObjectNode of(Artifact artifact) {
    var json =
        Json.object()
            .put("type", artifact.type().name().toLowerCase(java.util.Locale.ROOT))
            .put("name", artifact.name());
    if (artifact.digest() != null) json.put("digest", artifact.digest().hex());
    return json;
  }
}
