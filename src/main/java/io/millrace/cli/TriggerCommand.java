package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code trigger ...}. */
@Command(
    name = "trigger",
    description = "See what starts pipelines by itself, and fire it by hand.",
    subcommands = {
      TriggerCommand.ListAll.class,
      TriggerCommand.Firings.class,
      TriggerCommand.Fire.class
    })
final class TriggerCommand extends Group {
  @Command(name = "list", description = "The triggers of a pipeline, or of all.")
  static final class ListAll implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "PIPELINE", arity = "0..1")
    @Nullable String pipeline;

    @Override
    public void run() {
      var answer = connection.api().get("/api/v1/triggers" + query(pipeline));
      connection.print(
          answer,
          () -> {
            var rows = new ArrayList<List<String>>();
            for (var trigger : answer.path("triggers"))
              rows.add(
                  List.of(
                      trigger.path("pipeline").asText(),
                      trigger.path("trigger").asText(),
                      trigger.path("next").path(0).asText(""),
                      trigger.path("waiting").asText()));
            Connection.table(List.of("PIPELINE", "TRIGGER", "NEXT", "WAITING"), rows);
          });
    }
  }

  private static String query(@Nullable String pipeline) {
    return pipeline == null ? "" : "?pipeline=" + Api.segment(pipeline);
  }

  @Command(name = "firings", description = "When triggers fired, and the runs; newest first.")
  static final class Firings implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "PIPELINE", arity = "0..1")
    @Nullable String pipeline;

    @Override
    public void run() {
      var answer = connection.api().get("/api/v1/triggers/firings" + query(pipeline));
      connection.print(answer, () -> print(answer));
    }
  }

  private static void print(JsonNode answer) {
    var rows = new ArrayList<List<String>>();
    for (var firing : answer.path("firings")) {
      var trigger = PipelineCommand.text(firing, "trigger");
      var kind = firing.path("kind").asText();
      var due = firing.path("state").asText().equals("due");
      var error = PipelineCommand.text(firing, "error");
      rows.add(
          List.of(
              firing.path("fired_at").asText(),
              firing.path("pipeline").asText(),
              trigger.isEmpty()
                  ? (kind + " " + firing.path("params").path(param(firing)).asText("")).strip()
                  : trigger,
              firing.path("state").asText(),
              due ? "due " + firing.path("due_at").asText() : PipelineCommand.text(firing, "run"),
              error.length() > 100 ? error.substring(0, 97) + "..." : error));
    }
    Connection.table(List.of("FIRED", "PIPELINE", "TRIGGER", "STATE", "RUN", ""), rows);
  }

  private static String param(JsonNode firing) {
    return firing.path("evidence").path("param").asText();
  }

  @Command(
      name = "fire",
      description = "Fire what waits for an endpoint's alert, or a pipeline as such.")
  static final class Fire implements Runnable {
    @Mixin Connection connection;

    @ArgGroup(multiplicity = "1")
    What what;

    /** Exactly one of these. */
    static final class What {
      @Option(
          names = "--alert",
          paramLabel = "ENDPOINT",
          description = "Fire the triggers that wait for an alert of this endpoint.")
      @Nullable String alert;

      @Option(names = "--pipeline", paramLabel = "NAME", description = "Fire this pipeline.")
      @Nullable String pipeline;
    }

    @Option(
        names = "--param",
        paramLabel = "NAME=VALUE",
        description = "A parameter of the pipeline; may be repeated.")
    List<String> params = List.of();

    @Option(
        names = "--evidence",
        paramLabel = "JSON",
        description = "What made you fire it; kept, and trigger.evidence to alerts' triggers.")
    @Nullable String evidence;

    @Override
    public void run() {
      var answer = connection.api().post("/api/v1/triggers/fire", body());
      connection.print(
          answer,
          () -> {
            if (answer.path("firings").isEmpty())
              System.out.printf("no trigger waits for an alert of %s%n", what.alert);
            else print(answer);
          });
    }

    private ObjectNode body() {
      var body = Json.object();
      if (what.alert != null) body.put("alert", what.alert);
      if (what.pipeline != null) body.put("pipeline", what.pipeline);
      if (!params.isEmpty())
        body.set("params", RunCommand.body("--param", params, true).path("params"));
      if (evidence != null) body.set("evidence", parsed(evidence));
      return body;
    }

    private static JsonNode parsed(String text) {
      try {
        return Json.parse(text);
      } catch (InvalidInput e) {
        throw new WrongUsage("--evidence", text, "JSON (%s)".formatted(e.getMessage()));
      }
    }
  }
}
