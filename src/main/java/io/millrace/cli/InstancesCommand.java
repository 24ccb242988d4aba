package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pipeline instances RUN STEP}. */
@Command(
    name = "instances",
    description = "The instances of a run's step that has a strategy, with their values.")
final class InstancesCommand implements Runnable {
  @Mixin Connection connection;

  @Parameters(index = "0", paramLabel = "RUN", description = "The run's id.")
  String run;

  @Parameters(index = "1", paramLabel = "STEP", description = "The step.")
  String step;

  @Option(
      names = "--state",
      paramLabel = "STATE",
      description = "Those in that state only, such as failed.")
  @Nullable String state;

  @Option(
      names = "--after",
      paramLabel = "INDEX",
      description = "Those after that index only.",
      defaultValue = "-1")
  int after;

  @Option(
      names = "--limit",
      paramLabel = "COUNT",
      description = "At most so many (${DEFAULT-VALUE}; 1,000 at most).",
      defaultValue = "100")
  int limit;

  @Override
  public void run() {
    var query = "?after=%d&limit=%d".formatted(after, limit);
    if (state != null) query += "&state=" + Api.segment(state);
    var answer =
        connection
            .api()
            .get(
                "/api/v1/runs/%s/steps/%s/instances%s"
                    .formatted(Api.segment(run), Api.segment(step), query));
    connection.print(answer, () -> print(answer));
  }

  private static void print(JsonNode answer) {
    var rows = new ArrayList<List<String>>();
    for (var one : answer.path("instances")) {
      var error = PipelineCommand.text(one, "error");
      rows.add(
          List.of(
              one.path("name").asText(),
              one.path("state").asText(),
              String.format(Locale.ROOT, "%.1f s", one.path("seconds").asDouble()),
              values(one.path("given")),
              error.isEmpty() ? RunFollower.summary(one.path("summary")) : error));
    }
    Connection.table(List.of("INSTANCE", "STATE", "TIME", "VALUES", ""), rows);
    if (answer.path("next").isNumber())
      System.out.printf("more with --after %d%n", answer.path("next").asInt());
  }

  /** As "depth 3, eta 0.1". */
  private static String values(JsonNode given) {
    var parts = new ArrayList<String>();
    for (var word : given)
      for (var value : word.properties()) {
        var shown =
            value.getValue().isTextual() ? value.getValue().asText() : value.getValue().toString();
        parts.add(value.getKey() + " " + shown);
      }
    var text = String.join(", ", parts);
    return text.length() > 60 ? text.substring(0, 57) + "..." : text;
  }
}
