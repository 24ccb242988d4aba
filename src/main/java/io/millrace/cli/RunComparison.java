package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands that set runs beside each other. */
final class RunComparison {
  private RunComparison() {}

  @Command(
      name = "compare",
      description = "Runs beside each other: the parameters, metrics and tags that differ.")
  static final class Compare implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "RUN", arity = "2..*", description = "The runs' ids.")
    List<String> ids = List.of();

    @Option(names = "--all", description = "Show what is equal, too.")
    boolean all;

    @Override
    public void run() {
      ids.forEach(ExperimentCommand::run);
      var answer =
          connection.api().get("/api/v1/experiments/compare?runs=" + String.join(",", ids));
      connection.print(answer, () -> print(answer));
    }

    private void print(JsonNode answer) {
      var header = new ArrayList<>(List.of(""));
      for (var name : answer.path("names")) header.add(ExperimentCommand.cut(name.asText()));
      var rows = new ArrayList<List<String>>();
      int equal = 0;
      for (var kind : List.of("params", "metrics", "tags")) {
        for (var each : answer.path(kind)) {
          if (!all && !each.path("differs").asBoolean()) {
            equal++;
            continue;
          }
          var row = new ArrayList<>(List.of(kind + "." + each.path("key").asText()));
          for (var value : each.path("values"))
            row.add(value.isNull() ? "-" : ExperimentCommand.cut(value.asText()));
          rows.add(row);
        }
      }
      if (rows.isEmpty()) System.out.println("nothing differs");
      else Connection.table(header, rows);
      if (equal > 0) System.out.printf("%d are equal; --all shows them%n", equal);
    }
  }

  @Command(
      name = "diff",
      description =
          "What differs between two runs: datasets, code, parameters, metrics, tags, environment.")
  static final class Diff implements Runnable {
    @Mixin Connection connection;

    @Parameters(index = "0", paramLabel = "RUN", description = "Its id.")
    String a;

    @Parameters(index = "1", paramLabel = "RUN", description = "Its id.")
    String b;

    @Override
    public void run() {
      var path = ExperimentCommand.run(a);
      ExperimentCommand.run(b);
      var answer = connection.api().computed(path + "/diff/" + b);
      connection.print(answer, () -> print(answer));
    }

    private static void print(JsonNode answer) {
      boolean equal = true;
      for (var kind : List.of("datasets", "params", "metrics", "tags")) {
        var rows = new ArrayList<List<String>>();
        for (var pair : answer.path(kind))
          rows.add(List.of(pair.path("key").asText(), value(pair, "a"), value(pair, "b")));
        if (rows.isEmpty()) continue;
        equal = false;
        Connection.table(List.of(kind.toUpperCase(Locale.ROOT), "A", "B"), rows);
        System.out.println();
      }
      var code = answer.path("code");
      for (var run : List.of("a", "b"))
        if (code.path("files").path(run).asInt() == 0)
          System.out.printf(
              "run %s has no code here; `millrace experiment snapshot` keeps it%n", run);
      for (var changes : List.of(code.path("changes"), answer.path("environment"))) {
        for (var file : changes) {
          equal = false;
          System.out.printf(
              "%s %s%n%s%n",
              file.path("change").asText().toLowerCase(Locale.ROOT),
              file.path("path").asText(),
              file.path("diff").asText().stripTrailing());
        }
      }
      if (equal) System.out.println("nothing differs");
    }

    private static String value(JsonNode pair, String side) {
      var value = pair.path(side);
      return value.isNull() ? "-" : ExperimentCommand.cut(value.asText());
    }
  }
}
