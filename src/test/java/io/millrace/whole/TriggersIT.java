package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Triggers through the port and the commands, with kill -9 between an event and its run. */
final class TriggersIT {
  private static final String SECRET = "a secret between two";
  private static final String PIPELINE =
      """
      name: p
      params: { day: { type: date, default: 2001-01-01 } }
      on:
        schedule: [{ cron: "0 6 * * 1", timezone: America/New_York }]
        model:    [{ name: titanic }, { name: titanic, alias: champion }]
        alert:    [{ endpoint: churn }]
        push:     [{ branch: main, paths: ["churn/**"], with: { day: "${{ trigger.date }}" } }]
      steps: { only: { uses: core/value, with: { value: "${{ params.day }}" } } }
      """;
  private static final String PUSH =
      "{\"ref\": \"refs/heads/main\", \"after\": \"c0ffee\", \"commits\": [{\"modified\": [\"churn/a.sql\"]}]}";

  @TempDir Path folder;

  @Test
  void whatWasFiredStartsOnceWhateverHappens() throws Exception {
    var project = Files.createDirectories(folder.resolve("project/pipelines")).getParent();
    Files.writeString(project.resolve("millrace.yaml"), "name: t\n");
    Files.writeString(project.resolve("pipelines/p.yaml"), PIPELINE);
    var data = folder.resolve("data");
    var killed = Program.up(data);
    try {
      killed.done("apply", project.toString());
      assertThat(killed.done("trigger", "list", "p").out())
          .contains("schedule 0 6 * * 1 America/New_York", "alert churn", "push main churn/**");
      var refused = push(killed, PUSH, SECRET);
      assertThat(refused.statusCode()).isEqualTo(403);
      assertThat(refused.body()).contains("MILLRACE_PUSH_SECRET");
      killed.done("trigger", "fire", "--alert", "churn", "--evidence", "{\"psi\": 0.3}");
    } finally {
      killed.kill();
    }
    try (var program = Program.up(data, Map.of("MILLRACE_PUSH_SECRET", SECRET))) {
      var alert = settled(program, 1).get(0);
      assertThat(alert.path("state").asText()).isEqualTo("started");
      assertThat(alert.path("evidence").path("evidence").path("psi").asDouble()).isEqualTo(0.3);
      assertThat(push(program, PUSH, "wrong").statusCode()).isEqualTo(403);
      assertThat(push(program, PUSH, SECRET).statusCode()).isEqualTo(200);
      assertThat(push(program, PUSH, SECRET).body()).isEqualTo("{\"firings\":[]}");
      var pushed = settled(program, 2).get(0);
      var run = Json.parse(program.get("/api/v1/runs/" + pushed.path("run").asText()).body());
      assertThat(run.path("pipeline").asText()).isEqualTo("p");
      assertThat(run.path("trigger").path("trigger").asText()).isEqualTo("push main churn/**");
      assertThat(run.path("params").path("day")).isEqualTo(pushed.path("evidence").path("date"));

      var backfill =
          new String[] {
            "backfill",
            "p",
            "--param",
            "day",
            "--from",
            "2001-01-01",
            "--to",
            "2001-03-01",
            "--every",
            "1mo",
            "--at-once",
            "2",
            "--dry-run"
          };
      assertThat(program.done(backfill).out()).isEqualTo("2001-01-01\n2001-02-01\n2001-03-01\n");
      assertThat(settled(program, 2)).hasSize(2);
      program.done(java.util.Arrays.copyOf(backfill, backfill.length - 1));
      assertThat(settled(program, 5)).allMatch(f -> f.path("state").asText().equals("started"));
      assertThat(program.done("trigger", "firings", "p").out()).contains("backfill 2001-03-01");
      var onnx = Program.HOME.resolve("src/test/resources/models/titanic_logreg.onnx");
      program.done("model", "import", "titanic", onnx.toString());
      program.done("deploy", "titanic", "--model", "titanic");
      var model = settled(program, 7);
      assertThat(model.get(1).path("trigger").asText()).isEqualTo("model titanic");
      assertThat(model.get(0).path("trigger").asText()).isEqualTo("model titanic@champion");
      assertThat(model.get(0).path("state").asText()).isEqualTo("started");
      assertThat(program.millrace("trigger", "fire").code()).isEqualTo(2);
      assertThat(program.millrace("trigger", "fire", "--pipeline", "q").err())
          .contains("no pipeline \"q\"");
    }
  }

  /** The firings, once there are so many and none is due. */
  private static JsonNode settled(Program program, int count) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      var firings = Json.parse(program.get("/api/v1/triggers/firings").body()).path("firings");
      boolean due = false;
      for (var firing : firings) due |= firing.path("state").asText().equals("due");
      if (firings.size() >= count && !due) return firings;
      if (System.nanoTime() > end) throw new AssertionError("not settled: " + firings);
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  private static HttpResponse<String> push(Program program, String body, String secret)
      throws Exception {
    var mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    var signature = HexFormat.of().formatHex(mac.doFinal(body.getBytes(StandardCharsets.UTF_8)));
    return Program.send(
        HttpRequest.newBuilder(URI.create(program.url() + "/api/v1/triggers/push"))
            .header("Content-Type", "application/json")
            .header("X-GitHub-Event", "push")
            .header("X-Hub-Signature-256", "sha256=" + signature)
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }
}
