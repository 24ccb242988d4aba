package io.millrace.cli;

import io.millrace.base.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code endpoint rollback ENDPOINT}. */
@Command(
    name = "rollback",
    description =
        "Serve what the endpoint served before; the version that it serves now is not deployed there again until it is lifted.")
final class RollbackCommand implements Runnable {
  @Mixin Connection connection;

  @Parameters(paramLabel = "ENDPOINT")
  String name;

  @Override
  public void run() {
    var answer =
        connection
            .api()
            .post("/api/v1/endpoints/" + Api.segment(name) + "/rollback", Json.object());
    var withdrawn = answer.path("withdrawn");
    connection.print(
        answer,
        () ->
            System.out.printf(
                "%s serves %s again; %s is withdrawn, until: millrace endpoint lift %s %s%n",
                name,
                answer.path("version").asText(),
                withdrawn.path(withdrawn.size() - 1).asText(),
                name,
                withdrawn.path(withdrawn.size() - 1).asText()));
  }
}
