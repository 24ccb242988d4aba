package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lineage ID}. */
@Command(name = "lineage", description = "What something was made from, and what was made from it.")
final class LineageCommand implements Runnable {
  @Mixin Connection connection;

  @Parameters(
      paramLabel = "ID",
      description = "A name such as flight-delay/1, an artifact's number, or a digest.")
  String id;

  @Option(
      names = "--direction",
      paramLabel = "up|down|both",
      description = "Default: ${DEFAULT-VALUE}.")
  String direction = "both";

  @Option(names = "--depth", paramLabel = "STEPS", description = "Default: ${DEFAULT-VALUE}.")
  int depth = 10;

  @Option(
      names = "--count",
      description =
          "Only how much it is; with --json the ids too. For what is too much to be told.")
  boolean count;

  @Override
  public void run() {
    var answer =
        connection
            .api()
            .get(
                "/api/v1/lineage/"
                    + Api.segment(id).replace("%2F", "/")
                    + "?direction="
                    + Api.segment(direction)
                    + "&depth="
                    + depth
                    + (count ? "&ids=true" : ""));
    connection.print(answer, () -> print(answer));
  }

  private void print(JsonNode lineage) {
    if (count) {
      System.out.printf(
          Locale.ROOT,
          "%,d artifacts, %,d executions, %,d edges%n",
          lineage.path("artifacts").size(),
          lineage.path("executions").size(),
          lineage.path("edges").asInt());
      return;
    }
    var artifacts = new HashMap<String, String>();
    for (var artifact : lineage.path("artifacts")) {
      var digest = PipelineCommand.text(artifact, "digest");
      artifacts.put(
          artifact.path("id").asText(),
          "%s %s%s"
              .formatted(
                  artifact.path("type").asText(),
                  artifact.path("name").asText(),
                  digest.isEmpty() ? "" : " (" + digest.substring(0, 12) + ")"));
    }
    for (var execution : lineage.path("executions")) {
      var number = execution.path("id").asText();
      System.out.printf(
          "%s %s, %s%n",
          execution.path("kind").asText(),
          execution.path("name").asText(),
          execution.path("state").asText());
      for (var edge : lineage.path("edges")) {
        if (!edge.path("execution").asText().equals(number)) continue;
        boolean input = edge.path("direction").asText().equalsIgnoreCase("input");
        System.out.printf(
            "  %s %-12s %s%n",
            input ? "<-" : "->",
            edge.path("role").asText(),
            artifacts.get(edge.path("artifact").asText()));
      }
    }
    if (lineage.path("executions").isEmpty()) artifacts.values().forEach(System.out::println);
  }
}
