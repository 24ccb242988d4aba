package io.millrace.pipelines;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import io.millrace.definitions.Foresight;
import io.millrace.definitions.ProjectFiles;
import java.util.List;
import java.util.Map;

/**
 * Looks ahead: what the next runs would do once files are applied, and what stands on their
 * results. Runs nothing and writes nothing. Thread-safe.
 */
public final class Plans implements Foresight {
  private final Engine engine;
  private final ChangingData data;
  private final ModelUsers users;
  private final StepHistoryStore history = new StepHistoryStore();

  public Plans(Pipelines pipelines, ChangingData data, ModelUsers users) {
    this.engine = pipelines.engine();
    this.data = data;
    this.users = users;
  }

  @Override
  public ObjectNode foresee(ProjectFiles files) {
    return Json.object().set("pipelines", Json.tree(plan(files)));
  }

  /** Of each pipeline that the files define, with the parameters' defaults. */
  public List<PipelinePlan> plan(ProjectFiles files) {
    var parsed =
        files.texts().entrySet().stream()
            .filter(file -> isPipeline(file.getKey()))
            .map(file -> Composition.read(file.getKey(), files.texts()))
            .filter(pipeline -> !pipeline.isForOthers())
            .toList();
    for (var pipeline : parsed) PipelineChecker.check(engine.catalog, pipeline, files.texts());
    return engine.database.read(s -> {
      Map<String, ChangingData.Content> changing = data.of(s, files);
      var reach = new Reach(engine.metadata, users, s);
      return parsed.stream()
          .map(pipeline -> {
            var steps = new Forecast(engine, history, s, pipeline, files.texts(), changing).steps();
            return new PipelinePlan(
                pipeline.name(),
                files.project(),
                steps,
                reach.of(pipeline.name(), steps, files.texts()));
          })
          .toList();
    });
  }

  /**
   * What a change would make run in all pipelines as they are applied.
   *
   * @param node dataset:NAME, column:DATASET.COLUMN, param:PIPELINE.NAME, component:NAME,
   *     step:PIPELINE.STEP, file:PROJECT/PATH or library:program
   */
  public Impact impact(String node) {
    return engine.database.read(
        s -> new ImpactQuery(engine, history, s, new Reach(engine.metadata, users, s)).ask(node));
  }

  private static boolean isPipeline(String path) {
    return path.startsWith("pipelines/") && path.endsWith(".yaml");
  }
}
