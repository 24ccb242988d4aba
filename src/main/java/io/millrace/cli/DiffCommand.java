package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code diff A B}. */
@Command(
    name = "diff",
    description = "What differs between two pipeline runs, or between two model versions.")
final class DiffCommand implements Runnable {
  private static final int LONGEST = 60;

  @Mixin Connection connection;

  @Parameters(index = "0", paramLabel = "A", description = "A pipeline run, or NAME/VERSION.")
  String a;

  @Parameters(index = "1", paramLabel = "B", description = "Another one of the same kind.")
  String b;

  @Override
  public void run() {
    int slash = a.indexOf('/');
    if (slash < 0 != b.indexOf('/') < 0)
      throw new WrongUsage("B", b, slash < 0 ? "a pipeline run, as A is" : "NAME/VERSION, as A is");
    var answer =
        connection
            .api()
            .get(
                slash < 0
                    ? "/api/v1/runs/" + Api.segment(a) + "/diff/" + Api.segment(b)
                    : "/api/v1/models/%s/versions/%s/diff?with=%s"
                        .formatted(
                            Api.segment(a.substring(0, slash)),
                            Api.segment(a.substring(slash + 1)),
                            Api.segment(b)));
    connection.print(answer, () -> print(answer.path("differences")));
  }

  private void print(JsonNode differences) {
    if (differences.isEmpty()) {
      System.out.printf("%s and %s do not differ%n", a, b);
      return;
    }
    var rows = new ArrayList<List<String>>();
    for (var entry : differences) {
      rows.add(
          List.of(
              entry.path("area").asText(),
              entry.path("step").asText(),
              entry.path("name").asText(),
              shown(entry.path("a")),
              shown(entry.path("b"))));
    }
    Connection.table(List.of("WHAT", "STEP", "NAME", "A", "B"), rows);
  }

  private static String shown(JsonNode value) {
    if (value.isNull() || value.isMissingNode()) return "-";
    if (value.path("digest").isTextual()) return brief(value.path("digest").asText());
    return brief(value.isValueNode() ? value.asText() : value.toString());
  }

  private static String brief(String text) {
    if (text.matches("[0-9a-f]{64}")) return text.substring(0, 12);
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
  }
}
