package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 while clients log: every parameter, metric, tag and artifact that was acknowledged is
 * there afterwards.
 */
final class RunsKillIT {
  private static final int KILLS =
      Integer.getInteger("millrace.kills", Boolean.getBoolean("millrace.soak") ? 50 : 10);
  private static final int WRITERS = 8;

  @TempDir Path folder;

  /** What the server acknowledged for one run. */
  private static final class Acknowledged {
    final Map<String, String> params = new HashMap<>();
    final Map<String, String> tags = new HashMap<>();
    final Set<String> points = new HashSet<>();
    final Map<String, String> files = new HashMap<>();
  }

  @Test
  void nothingThatWasAcknowledgedIsLost() throws Exception {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var data = folder.resolve("data");
    var acknowledged = new ConcurrentHashMap<String, Acknowledged>();
    for (int kill = 0; kill < KILLS; kill++) {
      var program = Program.up(data);
      var ends = new ArrayList<Future<?>>();
      try (var writers = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int writer = 0; writer < WRITERS; writer++) {
          var own = new Random(random.nextLong());
          ends.add(writers.submit(() -> write(program, acknowledged, own)));
        }
        TimeUnit.MILLISECONDS.sleep(300 + random.nextInt(700));
        program.kill();
        for (var end : ends) end.get();
      }
      try (var again = Program.up(data)) {
        var where = "seed %d, kill %d".formatted(seed, kill);
        for (var run : acknowledged.entrySet()) check(again, run.getKey(), run.getValue(), where);
      }
      if (acknowledged.size() > 200) acknowledged.clear();
    }
  }

  /** Logs to runs of its own until the server is gone. */
  private static void write(
      Program program, Map<String, Acknowledged> acknowledged, Random random) {
    try (var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      while (true) {
        var made =
            Json.parse(
                post(client, program, "runs/create", "{\"experiment_id\":\"0\",\"start_time\":1}"));
        var run = made.path("run").path("info").path("run_id").asText();
        var mine = new Acknowledged();
        acknowledged.put(run, mine);
        for (int i = 0; i < 20; i++) {
          var body = Json.object().put("run_id", run);
          var metrics = body.putArray("metrics");
          var points = new HashSet<String>();
          for (int point = 0; point < 20; point++) {
            double value = random.nextInt(1_000);
            metrics
                .addObject()
                .put("key", "m" + point % 3)
                .put("value", value)
                .put("timestamp", 1)
                .put("step", i * 100 + point);
            points.add("m%d %d %s".formatted(point % 3, i * 100 + point, value));
          }
          body.putArray("params").addObject().put("key", "p" + i).put("value", "v" + i);
          body.putArray("tags").addObject().put("key", "t").put("value", "v" + i);
          post(client, program, "runs/log-batch", body.toString());
          mine.points.addAll(points);
          mine.params.put("p" + i, "v" + i);
          mine.tags.put("t", "v" + i);
          if (i % 5 == 0) {
            var text = "file %d of %s".formatted(i, run);
            var put =
                HttpRequest.newBuilder(
                        URI.create(
                            program.url()
                                + "/api/2.0/mlflow-artifacts/artifacts/0/%s/artifacts/f%d.txt"
                                    .formatted(run, i)))
                    .PUT(HttpRequest.BodyPublishers.ofString(text))
                    .build();
            if (client.send(put, HttpResponse.BodyHandlers.ofString()).statusCode() == 200)
              mine.files.put("f" + i + ".txt", text);
          }
        }
      }
    } catch (IOException | InterruptedException e) {
      // the server is gone, as it should be
    }
  }

  private static String post(HttpClient client, Program program, String call, String body)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(program.url() + "/api/2.0/mlflow/" + call))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    var answer = client.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200)
      throw new IOException(answer.statusCode() + " " + answer.body());
    return answer.body();
  }

  private static void check(Program program, String run, Acknowledged expected, String where) {
    var found =
        Json.parse(program.get("/api/2.0/mlflow/runs/get?run_id=" + run).body())
            .path("run")
            .path("data");
    assertThat(pairs(found.path("params"))).as(where).containsAllEntriesOf(expected.params);
    // A tag may have been written once more than was acknowledged.
    assertThat(pairs(found.path("tags")).keySet()).as(where).containsAll(expected.tags.keySet());
    var points = new HashSet<String>();
    for (int key = 0; key < 3; key++) {
      for (var point :
          Json.parse(
                  program
                      .get(
                          "/api/2.0/mlflow/metrics/get-history?max_results=25000&run_id=%s&metric_key=m%d"
                              .formatted(run, key))
                      .body())
              .path("metrics"))
        points.add(
            "m%d %d %s"
                .formatted(key, point.path("step").asLong(), point.path("value").asDouble()));
    }
    assertThat(points).as(where).containsAll(expected.points);
    expected.files.forEach((name, text) ->
        assertThat(
                program
                    .get(
                        "/api/2.0/mlflow-artifacts/artifacts/0/%s/artifacts/%s"
                            .formatted(run, name))
                    .body())
            .as(where)
            .isEqualTo(text));
  }

  private static Map<String, String> pairs(JsonNode list) {
    var pairs = new HashMap<String, String>();
    for (var pair : list) pairs.put(pair.path("key").asText(), pair.path("value").asText());
    return pairs;
  }
}
