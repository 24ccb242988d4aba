package io.millrace.cli;

import io.millrace.base.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code deploy ENDPOINT --model ...}. */
@Command(
    name = "deploy",
    description = "Serve a model version at an endpoint; returns when it serves.")
final class DeployCommand implements Runnable {
  @Mixin Connection connection;

  @Parameters(paramLabel = "ENDPOINT")
  String endpoint;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "NAME[/VERSION|@ALIAS]",
      description = "What to serve (the newest version when none is said).")
  String model;

  @Override
  public void run() {
    var api = connection.api();
    var answer =
        api.post(
            "/api/v1/endpoints/" + Api.segment(endpoint) + "/deploy",
            Json.object().put("model", model));
    connection.print(
        answer,
        () -> {
          System.out.printf(
              "%s serves %s at %s/v2/models/%s%n",
              endpoint, answer.path("version").asText(), api.url(), endpoint);
          for (var missing : answer.path("missing"))
            if (missing.asText().startsWith("requirement: "))
              System.out.println("warning: " + missing.asText());
        });
  }
}
