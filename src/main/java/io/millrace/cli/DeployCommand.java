package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
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

  @Option(
      names = "--force",
      description = "Serve it also where it fails on requests that the endpoint answered lately.")
  boolean force;

  @Override
  public void run() {
    var api = connection.api();
    var answer =
        api.post(
            "/api/v1/endpoints/" + Api.segment(endpoint) + "/deploy",
            Json.object().put("model", model).put("force", force));
    connection.print(
        answer,
        () -> {
          System.out.printf(
              "%s serves %s at %s/v2/models/%s%n",
              endpoint, answer.path("version").asText(), api.url(), endpoint);
          var tried = answer.at("/serving/warm_up");
          var recorded = tried.path("recorded_requests");
          System.out.printf(
              "tried before on %,d golden rows and %,d recorded requests%n",
              tried.path("golden_rows").asInt(), recorded.path("answered").asInt());
          warn(recorded, "unfit", "have other inputs than it takes");
          warn(recorded, "failed", "are not answered any more");
          for (var missing : answer.path("missing"))
            if (missing.asText().startsWith("requirement: "))
              System.out.println("warning: " + missing.asText());
        });
  }

  private static void warn(JsonNode recorded, String key, String what) {
    int count = recorded.path(key).asInt();
    if (count > 0)
      System.out.printf(
          "warning: %,d of the requests recorded lately %s: %s%n",
          count, what, recorded.path(key + "_because").asText());
  }
}
