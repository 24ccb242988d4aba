package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code test DIR}. */
@Command(
    name = "test",
    description =
        "Run a project's pipelines on the samples they declare under test:, and check what they expect.")
final class TestCommand implements Callable<Integer> {
  @Mixin Connection connection;

  @Parameters(paramLabel = "DIR", description = "The project's folder, with a millrace.yaml.")
  Path folder;

  @Option(
      names = "--pipeline",
      paramLabel = "NAME",
      description = "Only this one (default: all that declare a test).")
  @Nullable String pipeline;

  @Override
  public Integer call() {
    var api = connection.api();
    var body = new ProjectFolder(folder).definitions(api);
    if (pipeline != null) body.put("pipeline", pipeline);
    var outcomes = Json.object();
    var list = outcomes.putArray("tests");
    boolean passed = true;
    for (var test : api.post("/api/v1/tests", body).path("tests")) {
      if (!test.path("run").isTextual()) {
        list.add(test);
        continue;
      }
      var run = test.path("run").asText();
      new RunFollower(api, System.err).follow(run);
      var outcome = api.get("/api/v1/tests/" + Api.segment(run));
      list.add(outcome);
      passed &= outcome.path("passed").asBoolean();
    }
    connection.print(outcomes, () -> list.forEach(TestCommand::print));
    return passed ? 0 : 1;
  }

  private static void print(JsonNode test) {
    var name = test.path("pipeline").asText();
    if (!test.path("run").isTextual()) {
      System.out.printf("none    %s declares no test%n", name);
      return;
    }
    System.out.printf(
        "%s  %s, run %s %s%n",
        test.path("passed").asBoolean() ? "passed" : "FAILED",
        name,
        test.path("run").asText(),
        test.path("state").asText());
    if (test.path("error").isTextual()) System.out.println("  " + test.path("error").asText());
    for (var one : test.path("expectations")) {
      System.out.printf(
          "  %s %s: %s%n",
          one.path("passed").asBoolean() ? "ok    " : "FAILED",
          one.path("place").asText(),
          one.path("expression").asText());
      for (var value : one.path("values").properties())
        System.out.printf("         %s = %s%n", value.getKey(), value.getValue());
      if (one.path("error").isTextual())
        System.out.println("         " + one.path("error").asText());
    }
  }
}
