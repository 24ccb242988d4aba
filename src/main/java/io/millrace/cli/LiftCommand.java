package io.millrace.cli;

import io.millrace.base.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code endpoint lift ENDPOINT NAME/VERSION}. */
@Command(
    name = "lift",
    description = "Let a version that was rolled back be deployed to the endpoint again.")
final class LiftCommand implements Runnable {
  @Mixin Connection connection;

  @Parameters(paramLabel = "ENDPOINT")
  String name;

  @Parameters(paramLabel = "NAME/VERSION")
  String version;

  @Override
  public void run() {
    var answer =
        connection
            .api()
            .post(
                "/api/v1/endpoints/" + Api.segment(name) + "/lift",
                Json.object().put("model", version));
    connection.print(
        answer, () -> System.out.printf("%s may be deployed to %s again%n", version, name));
  }
}
