package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pipeline ...}. */
@Command(
    name = "pipeline",
    description = "List, show and watch pipelines and their runs.",
    subcommands = {
      PipelineCommand.ListAll.class,
      PipelineCommand.Runs.class,
      PipelineCommand.Show.class,
      InstancesCommand.class,
      PipelineCommand.Logs.class,
      PipelineCommand.Cancel.class
    })
final class PipelineCommand extends Group {
  @Command(name = "list", description = "The pipelines of this server.")
  static final class ListAll implements Runnable {
    @Mixin Connection connection;

    @Override
    public void run() {
      var answer = connection.api().get("/api/v1/pipelines");
      connection.print(
          answer,
          () -> {
            var rows = new ArrayList<List<String>>();
            for (var pipeline : answer.path("pipelines")) {
              rows.add(
                  List.of(
                      pipeline.path("name").asText(),
                      pipeline.path("project").asText(""),
                      String.valueOf(pipeline.path("steps").size())));
            }
            Connection.table(List.of("NAME", "PROJECT", "STEPS"), rows);
          });
    }
  }

  @Command(name = "runs", description = "The runs of a pipeline, newest first.")
  static final class Runs implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "PIPELINE")
    String pipeline;

    @Override
    public void run() {
      var answer = connection.api().get("/api/v1/pipelines/" + Api.segment(pipeline) + "/runs");
      connection.print(
          answer,
          () -> {
            var rows = new ArrayList<List<String>>();
            for (var run : answer.path("runs")) {
              rows.add(
                  List.of(
                      run.path("id").asText(),
                      run.path("state").asText(),
                      run.path("started_at").asText(),
                      text(run, "outcome")));
            }
            Connection.table(List.of("RUN", "STATE", "STARTED", "OUTCOME"), rows);
          });
    }
  }

  @Command(name = "show", description = "A pipeline's steps, or a run with its steps.")
  static final class Show implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "PIPELINE|RUN")
    String name;

    @Override
    public void run() {
      var api = connection.api();
      JsonNode found;
      try {
        found = api.get("/api/v1/pipelines/" + Api.segment(name));
      } catch (Api.Rejected e) {
        if (e.status != 404) throw e;
        var run = api.get("/api/v1/runs/" + Api.segment(name));
        connection.print(run, () -> RunFollower.printSteps(run, System.out));
        return;
      }
      var pipeline = found;
      connection.print(
          pipeline,
          () -> {
            var rows = new ArrayList<List<String>>();
            for (var step : pipeline.path("steps")) {
              var needs = new ArrayList<String>();
              step.path("needs").forEach(n -> needs.add(n.asText()));
              rows.add(
                  List.of(
                      step.path("name").asText(),
                      step.path("uses").asText(),
                      String.join(", ", needs)));
            }
            Connection.table(List.of("STEP", "USES", "NEEDS"), rows);
          });
    }
  }

  @Command(name = "logs", description = "What the steps of a run logged.")
  static final class Logs implements Runnable {
    @Mixin Connection connection;

    @Parameters(index = "0", paramLabel = "RUN")
    String run;

    @Parameters(
        index = "1",
        paramLabel = "STEP",
        arity = "0..1",
        description = "One step; all if not given.")
    @Nullable String step;

    @Option(
        names = "--attempt",
        paramLabel = "N",
        description = "An earlier attempt of the step, from 1; the last one if not given.")
    @Nullable Integer attempt;

    @Override
    public void run() {
      if (attempt != null && step == null)
        throw new WrongUsage(
            "--attempt", attempt.toString(), "a STEP before it, whose attempt it is");
      var api = connection.api();
      var path = "/api/v1/runs/" + Api.segment(run);
      var asked = attempt == null ? "" : "?attempt=" + attempt;
      var names = new ArrayList<String>();
      if (step != null) names.add(step);
      else api.get(path).path("steps").forEach(s -> names.add(s.path("name").asText()));
      var answer = Json.object().put("run", run);
      var steps = answer.putArray("steps");
      for (var name : names) {
        var lines = steps.addObject().put("name", name).putArray("lines");
        api.text(path + "/steps/" + Api.segment(name) + "/log" + asked).lines().forEach(lines::add);
      }
      connection.print(answer, () -> print(steps));
    }

    private void print(JsonNode steps) {
      for (var each : steps) {
        var prefix = step == null ? each.path("name").asText() + ": " : "";
        each.path("lines").forEach(line -> System.out.println(prefix + line.asText()));
      }
    }
  }

  @Command(name = "cancel", description = "Stop a run; finished steps stay in the cache.")
  static final class Cancel implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "RUN")
    String run;

    @Override
    public void run() {
      var answer =
          connection.api().post("/api/v1/runs/" + Api.segment(run) + "/cancel", Json.object());
      connection.print(answer, () -> System.out.printf("run %s is being cancelled%n", run));
    }
  }

  /** A text field, or nothing where it is missing or null. */
  static String text(JsonNode node, String field) {
    var value = node.path(field);
    return value.isNull() || value.isMissingNode() ? "" : value.asText();
  }
}
