package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
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
}
