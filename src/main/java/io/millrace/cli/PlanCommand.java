package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code plan DIR}. */
@Command(
    name = "plan",
    description = "Say what apply would change and what would run then; change nothing.")
final class PlanCommand implements Runnable {
  @Mixin Connection connection;

  @Parameters(paramLabel = "DIR", description = "The project's folder, with a millrace.yaml.")
  Path folder;

  @Override
  public void run() {
    var api = connection.api();
    var answer =
        api.post("/api/v1/projects/plan", new ProjectFolder(folder).body(api, false, line -> {}));
    connection.print(
        answer,
        () -> {
          print(answer.path("changes"));
          Foreseen.print(answer.path("pipelines"), System.out);
        });
  }

  static void print(JsonNode changes) {
    var rows = new ArrayList<List<String>>();
    for (var change : changes) {
      rows.add(
          List.of(
              change.path("action").asText().toLowerCase(Locale.ROOT), change.path("kind").asText(),
              change.path("name").asText(), change.path("detail").asText("")));
    }
    if (rows.isEmpty()) System.out.println("nothing is defined");
    else Connection.table(List.of("ACTION", "KIND", "NAME", "DETAIL"), rows);
  }
}
