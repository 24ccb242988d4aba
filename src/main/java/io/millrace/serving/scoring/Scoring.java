package io.millrace.serving.scoring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.base.Database;
import io.millrace.data.Datasets;
import io.millrace.pipelines.PipelineRun;
import io.millrace.pipelines.Pipelines;
import io.millrace.registry.ModelRegistry;
import io.millrace.serving.Endpoints;
import java.util.HashMap;
import org.jspecify.annotations.Nullable;

/**
 * Begins scorings: runs of a pipeline of the program's own, so that they show how far they are, can
 * be cancelled, survive a restart, are found in the cache, and leave their lineage as every other
 * run. Thread-safe.
 */
public final class Scoring {
  private static final String PIPELINE =
      """
      name: score
      params:
        model:   { type: text }
        dataset: { type: text }
        out:     { type: text, default: "" }
      steps:
        score:    { uses: serving/score, with: { model: "${{ params.model }}", dataset: "${{ params.dataset }}" } }
        register: { if: "${{ params.out != '' }}", uses: data/register, with: { data: "${{ steps.score.outputs.data }}", name: "${{ params.out }}" } }
      """;

  private final Database database;
  private final Datasets datasets;
  private final Answering answering;
  private final Pipelines pipelines;

  public Scoring(
      Database database,
      Datasets datasets,
      ModelRegistry registry,
      Endpoints endpoints,
      Pipelines pipelines) {
    this.database = database;
    this.datasets = datasets;
    this.answering = new Answering(endpoints, registry);
    this.pipelines = pipelines;
  }

  /**
   * Begins a run whose step {@code score} answers all rows, and whose step {@code register} makes
   * them a dataset's version. Model and dataset are what they mean now.
   *
   * @param model ENDPOINT, NAME/VERSION, NAME@ALIAS or NAME (its newest version)
   * @param dataset NAME or NAME/NUMBER
   * @param out the dataset's name; null where the rows are to have none
   */
  public PipelineRun start(String model, String dataset, @Nullable String out) {
    if (out != null) Datasets.checkName(out);
    var params = new HashMap<String, JsonNode>();
    database.read(s -> {
      params.put("model", text(answering.version(s, model).id().toString()));
      params.put("dataset", text(datasets.named(s, dataset).id()));
      return out == null || datasets.unowned(s, out);
    });
    if (out != null) params.put("out", text(out));
    return pipelines.startOwn(PIPELINE, params);
  }

  private static JsonNode text(String value) {
    return TextNode.valueOf(value);
  }
}
