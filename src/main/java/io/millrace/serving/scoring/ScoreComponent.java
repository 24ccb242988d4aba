package io.millrace.serving.scoring;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.data.Datasets;
import io.millrace.models.Models;
import io.millrace.pipelines.ArtifactRef;
import io.millrace.pipelines.Component;
import io.millrace.pipelines.Result;
import io.millrace.pipelines.Task;
import io.millrace.pipelines.ValueType;
import io.millrace.registry.ModelRegistry;
import io.millrace.serving.Endpoints;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;

/**
 * {@code serving/score}: a model's answers to all rows, beside the rows. The version and a dataset
 * given by its name are resolved when the step becomes ready, and are part of its key.
 */
public final class ScoreComponent implements Component {
  private static final String DATA = "data";
  private static final String DATASET = "dataset";

  private final Models models;
  private final Datasets datasets;
  private final Artifacts artifacts;
  private final Answering answering;

  public ScoreComponent(
      Models models,
      Datasets datasets,
      Artifacts artifacts,
      ModelRegistry registry,
      Endpoints endpoints) {
    this.models = models;
    this.datasets = datasets;
    this.artifacts = artifacts;
    this.answering = new Answering(endpoints, registry);
  }

  @Override
  public String name() {
    return "serving/score";
  }

  @Override
  public String meaning() {
    return "Answers all rows with the model that an endpoint serves, or with a model version, and keeps rows and answers.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(
        Input.required(
            "model",
            ValueType.TEXT,
            "an endpoint, which means the version that it serves, or NAME/VERSION, NAME@ALIAS"),
        Input.optional(DATA, ValueType.DATASET, "the rows, of another step"),
        Input.optional(
            DATASET,
            ValueType.TEXT,
            "the rows, of a dataset in place of data: NAME (the current version) or NAME/NUMBER"));
  }

  @Override
  public List<Output> outputs() {
    return List.of(new Output(DATA, ValueType.DATASET, "the rows with the model's outputs"));
  }

  /** Roles are the names, by which the graph finds the versions; their types tell them apart. */
  @Override
  public Map<String, ArtifactRef> pins(
      Snapshot snapshot,
      Map<String, JsonNode> with,
      Map<String, ArtifactRef> inputs,
      Map<String, ArtifactRef> instead) {
    if (with.containsKey(DATASET) == inputs.containsKey(DATA))
      throw new InvalidInput(
          "serving/score needs the rows once: give either data, an output of another step, or dataset, a name");
    var version = answering.version(snapshot, with.getOrDefault("model", Json.object()).asText());
    var pins = new LinkedHashMap<String, ArtifactRef>();
    var model = version.id().model().value();
    if (with.get(DATASET) instanceof JsonNode given) {
      var text = given.asText();
      int slash = text.indexOf('/');
      var name = slash < 0 ? text : text.substring(0, slash);
      var sample = instead.get(name);
      pins.put(
          name,
          sample != null
              ? sample
              : new ArtifactRef(ValueType.DATASET, datasets.named(snapshot, text).digest()));
      if (name.equals(model)) model = "model";
    }
    pins.put(model, new ArtifactRef(ValueType.MODEL, version.served()));
    return pins;
  }

  @Override
  public Result run(Task task) throws InterruptedException {
    var data = task.artifacts().get(DATA);
    var rows = data == null ? pinned(task, ValueType.DATASET) : data.digest();
    try (var model = models.forTables(pinned(task, ValueType.MODEL));
        var engine = datasets.engine(1)) {
      task.onCancel(engine::cancel);
      var scored =
          new Scorer(engine, artifacts, model)
              .score(
                  datasets.slices(engine, rows),
                  (done, all) ->
                      task.progress(
                          "%,d of %,d rows".formatted(done, all),
                          all == 0 ? 1 : (double) done / all));
      task.log("%,d rows, with %s".formatted(scored.rows(), String.join(", ", scored.outputs())));
      return new Result(
          Map.of(DATA, new ArtifactRef(ValueType.DATASET, scored.data())),
          Map.of(),
          List.of(),
          Map.of("rows", Json.tree(scored.rows())));
    } catch (CancellationException e) {
      throw new InterruptedException("cancelled");
    }
  }

  private static Digest pinned(Task task, ValueType type) {
    return task.pins().values().stream()
        .filter(pin -> pin.type() == type)
        .map(ArtifactRef::digest)
        .findFirst()
        .orElseThrow();
  }
}
