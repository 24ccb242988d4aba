package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import java.io.PrintStream;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;

/** Real flights of the days after the training window, asked about one by one as they happened. */
record LiveFlights(Api api, String sql, String endpoint, Days days) {
  private static final int REQUESTS = 1000;
  private static final int EVERY = 12;
  private static final List<String> DATASETS =
      List.of("flights", "labels", "airport_hourly", "route_daily");

  /**
   * What came back.
   *
   * @param scores the model's answers, in event-time order
   * @param labels what later became known: 1, 0, or -1 if it never did
   * @param micros how long each request took, seen from here
   * @param example the body of one request
   */
  record Answers(double[] scores, int[] labels, long[] micros, ObjectNode example) {
    int count() {
      return scores.length;
    }

    /** The body that asks for metrics of the answers whose label is known. */
    ObjectNode labelled() {
      var body = Json.object();
      var known = body.putArray("labels");
      var scored = body.putArray("scores");
      for (int i = 0; i < scores.length; i++) {
        if (labels[i] < 0) continue;
        known.add(labels[i]);
        scored.add(scores[i]);
      }
      return body;
    }

    /** A quantile of the requests' durations, in milliseconds. */
    double millis(double share) {
      var sorted = micros.clone();
      Arrays.sort(sorted);
      return sorted[(int) Math.min(sorted.length - 1, Math.round(share * (sorted.length - 1)))]
          / 1000.0;
    }
  }

  Answers ask(PrintStream out) {
    var path = "/v2/models/" + Api.segment(endpoint);
    var inputs = api.get(path).path("inputs");
    var requests = new ArrayList<ObjectNode>();
    var labels = new ArrayList<Integer>();
    int row = 0;
    for (var day = days.first(); day.isBefore(days.after()); day = day.plusDays(1)) {
      var table = flights(day);
      var position = new HashMap<String, Integer>();
      for (var column : table.path("columns"))
        position.put(column.path("name").asText(), position.size());
      for (var values : table.path("rows")) {
        if (row++ % EVERY != 0 || requests.size() == REQUESTS) continue;
        requests.add(request(inputs, values, position));
        var label = values.path(position.getOrDefault("late15", -1));
        labels.add(label.isNumber() ? label.asInt() : -1);
      }
    }
    var scores = new double[requests.size()];
    var micros = new long[requests.size()];
    for (int i = 0; i < scores.length; i++) {
      long start = System.nanoTime();
      scores[i] =
          api.post(path + "/infer", requests.get(i))
              .path("outputs")
              .path(0)
              .path("data")
              .path(0)
              .asDouble();
      micros[i] = (System.nanoTime() - start) / 1000;
    }
    out.printf(
        Locale.ROOT,
        "%-10s %,d flights of %s asked about, one request each%n",
        "predict",
        scores.length,
        days.text());
    if (requests.isEmpty()) {
      throw new NotFound(
          "flights of",
          days.text(),
          "the records end before; choose an earlier --param until=DATE");
    }
    return new Answers(
        scores, labels.stream().mapToInt(Integer::intValue).toArray(), micros, requests.getFirst());
  }

  /** The flights of a day, as the training query gives them. */
  private JsonNode flights(LocalDate day) {
    var body = Json.object().put("sql", sql).put("limit", 10_000);
    var names = body.putArray("datasets");
    DATASETS.forEach(names::add);
    body.putObject("values").put("from", day.toString()).put("until", day.plusDays(1).toString());
    return api.post("/api/v1/query", body);
  }

  private static ObjectNode request(
      JsonNode inputs, JsonNode values, HashMap<String, Integer> position) {
    var request = Json.object();
    var tensors = request.putArray("inputs");
    for (var input : inputs) {
      var name = input.path("name").asText();
      var tensor =
          tensors.addObject().put("name", name).put("datatype", input.path("datatype").asText());
      tensor.putArray("shape").add(1);
      tensor.putArray("data").add(values.path(position.getOrDefault(name, -1)));
    }
    return request;
  }
}
