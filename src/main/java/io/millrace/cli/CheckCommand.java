package io.millrace.cli;

import io.millrace.base.Json;
import java.nio.file.Path;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code check DIR}. */
@Command(
    name = "check",
    description =
        "Check a project's files as apply does before it changes anything: form, names, types.")
final class CheckCommand implements Runnable {
  @Mixin Connection connection;

  @Parameters(paramLabel = "DIR", description = "The project's folder, with a millrace.yaml.")
  Path folder;

  @Override
  public void run() {
    var api = connection.api();
    var plan =
        api.post("/api/v1/projects/plan", new ProjectFolder(folder).body(api, false, line -> {}));
    var counts = new TreeMap<String, Integer>();
    for (var change : plan.path("changes"))
      if (!change.path("action").asText().equalsIgnoreCase("delete"))
        counts.merge(change.path("kind").asText(), 1, Integer::sum);
    var answer = Json.object().put("well", true);
    answer.set("definitions", Json.tree(counts));
    connection.print(
        answer,
        () -> {
          var told = counts.entrySet().stream().map(e -> e.getValue() + " " + e.getKey()).toList();
          System.out.printf("%s is well formed: %s%n", folder, String.join(", ", told));
        });
  }
}
