package io.millrace.cli;

import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code apply DIR}. */
@Command(
    name = "apply",
    description = "Make the server's definitions what a project's folder says.")
final class ApplyCommand implements Runnable {
  @Mixin Connection connection;

  @Parameters(paramLabel = "DIR", description = "The project's folder, with a millrace.yaml.")
  Path folder;

  @Override
  public void run() {
    var api = connection.api();
    var body = new ProjectFolder(folder).body(api, true, line -> System.err.println(line));
    var answer = api.post("/api/v1/projects/apply", body);
    connection.print(answer, () -> PlanCommand.print(answer.path("changes")));
  }
}
