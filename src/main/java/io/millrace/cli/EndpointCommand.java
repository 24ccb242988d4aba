package io.millrace.cli;

import io.millrace.base.Json;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code endpoint ...}. */
@Command(
    name = "endpoint",
    description = "What is served here.",
    subcommands = {
      EndpointCommand.ListAll.class,
      EndpointCommand.Show.class,
      EndpointSetCommand.class,
      RollbackCommand.class,
      LiftCommand.class,
      EndpointLogCommand.class,
      EndpointCommand.Delete.class
    })
final class EndpointCommand extends Group {
  @Command(name = "list", description = "The endpoints of this server.")
  static final class ListAll implements Runnable {
    @Mixin Connection connection;

    @Override
    public void run() {
      var api = connection.api();
      var answer = api.get("/api/v1/endpoints");
      connection.print(
          answer,
          () -> {
            var rows = new ArrayList<List<String>>();
            for (var endpoint : answer.path("endpoints")) {
              var name = endpoint.path("name").asText();
              rows.add(
                  List.of(
                      name,
                      endpoint.path("version").asText(),
                      endpoint.path("ready").asBoolean()
                          ? "ready"
                          : "not ready: " + PipelineCommand.text(endpoint, "reason"),
                      api.url() + "/v2/models/" + name));
            }
            Connection.table(List.of("ENDPOINT", "SERVES", "STATE", "URL"), rows);
          });
    }
  }

  @Command(
      name = "show",
      description = "An endpoint: what it serves, its inputs and outputs, its history.")
  static final class Show implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "ENDPOINT")
    String name;

    @Override
    public void run() {
      var answer = connection.api().get("/api/v1/endpoints/" + Api.segment(name));
      connection.print(answer, () -> System.out.println(Json.pretty(answer)));
    }
  }

  @Command(name = "delete", description = "Stop serving an endpoint; the model stays registered.")
  static final class Delete implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "ENDPOINT")
    String name;

    @Override
    public void run() {
      var answer = connection.api().delete("/api/v1/endpoints/" + Api.segment(name));
      connection.print(answer, () -> System.out.printf("endpoint %s is gone%n", name));
    }
  }
}
