package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code reproduce model:NAME/VERSION}. */
@Command(
    name = "reproduce",
    description =
        "Make a model version again from what went into it, and say whether it comes out equal; exit with 1 if not.")
final class ReproduceCommand implements Callable<Integer> {
  private static final String KIND = "model:";

  @Mixin Connection connection;

  @Parameters(paramLabel = "model:NAME/VERSION", description = "Such as model:flight-delay/1.")
  String what;

  @Override
  public Integer call() {
    int slash = what.lastIndexOf('/');
    if (!what.startsWith(KIND) || slash < KIND.length())
      throw new WrongUsage("what to reproduce", what, "model:NAME/VERSION");
    var answer =
        connection
            .api()
            .post(
                "/api/v1/models/%s/versions/%s/reproduce"
                    .formatted(
                        Api.segment(what.substring(KIND.length(), slash)),
                        Api.segment(what.substring(slash + 1))),
                Json.object());
    connection.print(answer, () -> print(answer));
    return answer.path("likeness").asText().equals("different") ? 1 : 0;
  }

  private static void print(JsonNode answer) {
    var rows = new ArrayList<List<String>>();
    for (var step : answer.path("work").path("steps")) {
      var outputs = new ArrayList<String>();
      for (var output : step.path("outputs")) {
        var worst = output.path("worst");
        outputs.add(
            output.path("name").asText()
                + " differs"
                + (worst.isNumber()
                    ? String.format(Locale.ROOT, ", its metrics by %.2g at most", worst.asDouble())
                    : ""));
      }
      rows.add(
          List.of(
              step.path("step").asText(),
              words(step.path("likeness")),
              String.format(Locale.ROOT, "%.1f s", step.path("seconds").asDouble()),
              String.join("; ", outputs)));
    }
    Connection.table(List.of("STEP", "CAME OUT", "TIME", ""), rows);
    answer.path("work").path("notes").forEach(note -> System.out.println(note.asText()));
    System.out.printf(
        "%s of run %s: %s%n",
        answer.path("version").asText(),
        answer.path("work").path("run").asText(),
        words(answer.path("likeness")));
  }

  private static String words(JsonNode likeness) {
    return likeness.asText().replace('_', '-');
  }
}
