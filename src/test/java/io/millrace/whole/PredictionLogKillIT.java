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
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * kill -9 while clients are answered: every prediction that was answered more than one flush
 * interval before is in the log afterwards, once and whole, and so is every label that was
 * acknowledged.
 */
final class PredictionLogKillIT {
  private static final int KILLS =
      Integer.getInteger("millrace.kills", Boolean.getBoolean("millrace.soak") ? 20 : 5);
  private static final int CLIENTS = 4;
  private static final int PAGE = 1_000;
  private static final long FLUSH_NANOS = TimeUnit.SECONDS.toNanos(1);

  @TempDir Path folder;

  /**
   * An answered request.
   *
   * @param nanos when its answer had come
   * @param outputs as the answer had them
   */
  private record Answered(long nanos, int age, JsonNode outputs) {}

  @Test
  void whatWasAnsweredAFlushIntervalBeforeTheKillIsInTheLogOnceAndWhole() throws Exception {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var data = folder.resolve("data");
    try (var first = Program.up(data)) {
      var model = Program.HOME.resolve("src/test/resources/models/titanic_logreg.onnx").toString();
      first.done("model", "import", "titanic", model);
      first.done("deploy", "titanic", "--model", "titanic");
    }
    var answered = new HashMap<String, Answered>();
    var labels = new ConcurrentHashMap<String, Integer>();
    var due = new HashMap<String, Answered>();
    for (int kill = 0; kill < KILLS; kill++) {
      var where = "seed %d, kill %d".formatted(seed, kill);
      var now = new ConcurrentHashMap<String, Answered>();
      var program = Program.up(data);
      long killed;
      var ends = new ArrayList<Future<?>>();
      try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int i = 0; i < CLIENTS; i++) {
          var own = new Random(random.nextLong());
          ends.add(clients.submit(() -> ask(program, now, labels, own)));
        }
        TimeUnit.MILLISECONDS.sleep(1_500 + random.nextInt(2_000));
        killed = System.nanoTime();
        program.kill();
        for (var end : ends) end.get();
      }
      now.forEach((id, answer) -> {
        if (killed - answer.nanos() > FLUSH_NANOS) due.put(id, answer);
      });
      answered.putAll(now);
      assertThat(due).as(where).isNotEmpty();
      try (var again = Program.up(data)) {
        check(again, answered, due, labels, where);
      }
    }
  }

  /** Asks, and labels some of the answers, until the server is gone. */
  private static void ask(
      Program program, Map<String, Answered> answered, Map<String, Integer> labels, Random random) {
    try (var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      while (true) {
        int age = random.nextInt(90);
        var answer = post(client, program, "/v2/models/titanic/infer", body(age));
        var id = answer.headers().firstValue("x-millrace-prediction-id").orElseThrow();
        var outputs = Json.parse(answer.body()).path("outputs");
        answered.put(id, new Answered(System.nanoTime(), age, outputs));
        if (random.nextInt(20) != 0) continue;
        int label = random.nextInt(1_000);
        post(
            client,
            program,
            "/api/v1/feedback",
            "{\"id\":\"%s\",\"values\":{\"label\":%d}}".formatted(id, label));
        labels.put(id, label);
      }
    } catch (IOException | InterruptedException e) {
      // the server is gone, as it should be
    }
  }

  private static String body(int age) {
    return """
    {"id": "age-%1$d", "inputs": [
      {"name": "age", "shape": [1, 1], "datatype": "FP32", "data": [%1$d]},
      {"name": "fare", "shape": [1, 1], "datatype": "FP32", "data": [26.55]},
      {"name": "pclass", "shape": [1, 1], "datatype": "INT64", "data": [1]},
      {"name": "sibsp", "shape": [1, 1], "datatype": "INT64", "data": [0]},
      {"name": "parch", "shape": [1, 1], "datatype": "INT64", "data": [0]},
      {"name": "sex", "shape": [1, 1], "datatype": "BYTES", "data": ["female"]},
      {"name": "embarked", "shape": [1, 1], "datatype": "BYTES", "data": ["S"]}]}
    """
        .formatted(age);
  }

  private static HttpResponse<String> post(
      HttpClient client, Program program, String path, String body)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(program.url() + path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    var answer = client.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) throw new AssertionError(answer.body());
    return answer;
  }

  /** Reads the whole log, page by page. */
  private static void check(
      Program program,
      Map<String, Answered> answered,
      Map<String, Answered> due,
      Map<String, Integer> labels,
      String where) {
    var found = new ArrayList<String>();
    String next = "";
    do {
      var before = next.isEmpty() ? "" : "&before=" + next;
      var page =
          Json.parse(
              program
                  .get("/api/v1/predictions?endpoint=titanic&limit=%d%s".formatted(PAGE, before))
                  .body());
      for (var one : page.path("predictions")) {
        var id = one.path("id").asText();
        found.add(id);
        var answer = answered.get(id);
        // One whose answer was still under way when the server died is whole too.
        if (answer != null) {
          assertThat(one.path("inputs").path("age").asInt()).as(where).isEqualTo(answer.age());
          assertThat(one.path("client_id").asText()).as(where).isEqualTo("age-" + answer.age());
          for (var output : answer.outputs())
            assertThat(numbers(one.path("outputs").path(output.path("name").asText())))
                .as(where)
                .isEqualTo(numbers(output.path("data")));
        }
        var label = labels.get(id);
        if (label != null)
          assertThat(one.path("feedback").path("label").asInt()).as(where).isEqualTo(label);
      }
      next = page.path("next").asText("");
    } while (!next.isEmpty());
    assertThat(found).as(where).doesNotHaveDuplicates().containsAll(due.keySet());
  }

  /** A value, or a list of them. */
  private static List<Double> numbers(JsonNode values) {
    var numbers = new ArrayList<Double>();
    if (values.isArray()) values.forEach(value -> numbers.add(value.asDouble(Double.NaN)));
    else numbers.add(values.asDouble(Double.NaN));
    return numbers;
  }
}
