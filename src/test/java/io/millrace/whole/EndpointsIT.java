package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.base.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An endpoint's settings, its rollback and its metrics, as users see them. */
class EndpointsIT {
  private static final Path MODELS = Program.HOME.resolve("src/test/resources/models");

  @TempDir Path folder;

  private static String request(String model) throws IOException {
    return Json.parse(Files.readString(MODELS.resolve(model + ".cases.json")))
        .path("request")
        .toString();
  }

  @Test
  void anEndpointIsSetRolledBackAndMeasured() throws IOException {
    try (var program = Program.up(folder.resolve("data"))) {
      for (var model : new String[] {"titanic_logreg", "diamonds_mlp"}) {
        program.done("model", "import", model, MODELS.resolve(model + ".onnx").toString());
        var deployed = program.done("deploy", "any", "--model", model + "/1").out();
        assertThat(deployed).contains("tried before on 0 golden rows and 0 recorded requests");
        // What the first was asked does not fit the second.
        if (model.equals("diamonds_mlp"))
          assertThat(deployed)
              .contains("warning: 1 of the requests recorded lately have other inputs");
        var answer = program.post("/v2/models/any/infer", request(model));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      }

      long began = System.nanoTime();
      var back = program.done("endpoint", "rollback", "any");
      assertThat((System.nanoTime() - began) / 1_000_000).as("ms of rollback").isLessThan(10_000);
      assertThat(back.out())
          .contains("any serves titanic_logreg/1 again; diamonds_mlp/1 is withdrawn");
      assertThat(program.post("/v2/models/any/infer", request("titanic_logreg")).statusCode())
          .isEqualTo(200);
      var tried = program.done("endpoint", "show", "any", "--json").json();
      assertThat(tried.at("/serving/warm_up/recorded_requests/answered").asInt()).isEqualTo(1);
      var refused = program.millrace("deploy", "any", "--model", "diamonds_mlp/1");
      assertThat(refused.code()).isEqualTo(1);
      assertThat(refused.err()).contains("lift that first");
      program.done("endpoint", "lift", "any", "diamonds_mlp/1");

      program.done("endpoint", "set", "any", "--p99", "20ms", "--queue", "7");
      var serving = program.done("endpoint", "show", "any", "--json").json().path("serving");
      assertThat(serving.path("settings").path("p99").asText()).isEqualTo("20ms");
      assertThat(serving.path("settings").path("queue").asInt()).isEqualTo(7);
      assertThat(serving.path("row_micros").asDouble()).isPositive();

      program.done("endpoint", "set", "any", "--timeout", "1us");
      var late = program.post("/v2/models/any/infer", request("titanic_logreg"));
      assertThat(late.statusCode()).isEqualTo(504);
      assertThat(late.body()).contains("it was not computed");
      assertThat(program.post("/v2/models/any/infer", "{}").statusCode()).isEqualTo(400);

      var metrics = program.get("/metrics").body();
      assertThat(metrics)
          .contains(
              "millrace_requests_total{endpoint=\"any\",outcome=\"ok\",version=\"titanic_logreg/1\"} 2.0",
              "millrace_requests_total{endpoint=\"any\",outcome=\"expired\",version=\"titanic_logreg/1\"} 1.0",
              "millrace_requests_total{endpoint=\"any\",outcome=\"invalid\",version=\"titanic_logreg/1\"} 1.0",
              "millrace_request_seconds_count{endpoint=\"any\",version=\"diamonds_mlp/1\"} 1",
              "millrace_queue_length{endpoint=\"any\",version=\"titanic_logreg/1\"} 0.0",
              "millrace_batch_rows_bucket{endpoint=\"any\"");
    }
  }
}
