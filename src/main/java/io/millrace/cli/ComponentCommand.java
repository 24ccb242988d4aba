package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code component ...}. */
@Command(
    name = "component",
    description = "What the steps of pipelines can use.",
    subcommands = {ComponentCommand.ListAll.class, ComponentCommand.Show.class})
final class ComponentCommand extends Group {
  @Command(name = "list", description = "The program's components and those of projects.")
  static final class ListAll implements Runnable {
    @Mixin Connection connection;

    @Override
    public void run() {
      var answer = connection.api().get("/api/v1/components");
      connection.print(
          answer,
          () -> {
            var rows = new ArrayList<List<String>>();
            for (var each : answer.path("components"))
              rows.add(
                  List.of(
                      each.path("name").asText(),
                      each.path("version").asText(),
                      PipelineCommand.text(each, "project"),
                      each.path("meaning").asText()));
            Connection.table(List.of("NAME", "VERSION", "PROJECT", "MEANING"), rows);
          });
    }
  }

  @Command(name = "show", description = "What a component takes and gives.")
  static final class Show implements Runnable {
    @Mixin Connection connection;

    @Parameters(
        paramLabel = "NAME",
        description = "ROOM/NOUN, such as data/split, or the name of a project's component.")
    String name;

    @Option(
        names = "--project",
        paramLabel = "PROJECT",
        description = "Whose component it is, where several projects have one of that name.")
    @Nullable String project;

    @Override
    public void run() {
      var own = "./components/";
      var asked = name.startsWith(own) ? name.substring(own.length()) : name;
      var segments = new ArrayList<String>();
      for (var segment : asked.split("/", -1)) segments.add(Api.segment(segment));
      var found =
          connection
              .api()
              .get(
                  "/api/v1/components/"
                      + String.join("/", segments)
                      + (project == null ? "" : "?project=" + Api.segment(project)));
      connection.print(found, () -> print(found));
    }

    private static void print(JsonNode found) {
      System.out.printf(
          "%s %s%n%s%n%n",
          found.path("name").asText(),
          found.path("version").asText(),
          found.path("meaning").asText());
      var inputs = new ArrayList<List<String>>();
      for (var input : found.path("inputs"))
        inputs.add(
            List.of(
                input.path("name").asText(),
                input.path("type").asText(),
                input.path("required").asBoolean() ? "required" : otherwise(input),
                PipelineCommand.text(input, "takes"),
                input.path("meaning").asText()));
      Connection.table(List.of("INPUT", "TYPE", "DEFAULT", "TAKES", "MEANING"), inputs);
      System.out.println();
      var outputs = new ArrayList<List<String>>();
      for (var output : found.path("outputs"))
        outputs.add(
            List.of(
                output.path("name").asText(),
                output.path("type").asText(),
                output.path("meaning").asText()));
      Connection.table(List.of("OUTPUT", "TYPE", "MEANING"), outputs);
    }

    private static String otherwise(JsonNode input) {
      var given = input.path("default");
      if (given.isNull() || given.isMissingNode()) return "";
      return given.isTextual() ? given.asText() : given.toString();
    }
  }
}
