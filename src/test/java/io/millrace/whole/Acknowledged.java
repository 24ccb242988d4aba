package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What servers on one data folder have answered so far: runs, datasets, experiments, models, and
 * what a client uploaded and registered. All of it must be there after any restart, and what was
 * final must be as it was.
 */
final class Acknowledged {
  private static final String BEAT = "beat";

  private final String pipeline;

  /** By name; null where only that it is there counts, since it was not final. */
  private final Map<String, JsonNode> facts = new TreeMap<>();

  private final Map<String, Digest> blobs = new ConcurrentHashMap<>();
  private final Map<String, JsonNode> registered = new ConcurrentHashMap<>();

  Acknowledged(String pipeline) {
    this.pipeline = pipeline;
  }

  /** How much it is. */
  int size() {
    return facts.size() + blobs.size() + registered.size();
  }

  /** Uploads, and registers datasets, until the server answers no more; in a thread of its own. */
  CompletableFuture<Void> client(Program program, String name) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            for (int i = 0; ; i++) upload(program, "n\n%s-%d\n".formatted(name, i), i % 4 == 0);
          } catch (UncheckedIOException e) {
            // The server was killed.
          }
        },
        work -> Thread.ofVirtual().start(work));
  }

  private void upload(Program program, String text, boolean register) {
    var digest = Digest.of(text);
    var put =
        Program.send(
            HttpRequest.newBuilder(URI.create(program.url() + "/api/v1/blobs/" + digest.hex()))
                .PUT(HttpRequest.BodyPublishers.ofString(text, StandardCharsets.UTF_8)));
    assertThat(put.statusCode()).as(put.body()).isEqualTo(201);
    blobs.put(text, digest);
    if (!register) return;
    var body = Json.object();
    body.putObject("files").put("a.csv", digest.hex());
    var answer = program.post("/api/v1/datasets/" + BEAT + "/versions", body.toString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
    var version = Json.parse(answer.body());
    registered.put(version(version), version);
  }

  /** Notes what the server shows now. */
  void read(Program program) {
    facts.putAll(shown(program));
  }

  /** All that was answered before is there. */
  void check(Program program, String where) {
    var now = shown(program);
    facts.forEach((name, before) -> {
      assertThat(now).as(where).containsKey(name);
      if (!before.isNull()) assertThat(now.get(name)).as(where + ", " + name).isEqualTo(before);
    });
    registered.forEach((name, before) -> assertThat(now).as(where).containsEntry(name, before));
    blobs.forEach((text, digest) ->
        assertThat(program.get("/api/v1/blobs/" + digest.hex()).body()).as(where).isEqualTo(text));
  }

  private Map<String, JsonNode> shown(Program program) {
    var shown = new TreeMap<String, JsonNode>();
    for (var run : json(program, "/api/v1/pipelines/" + pipeline + "/runs").path("runs")) {
      boolean going = run.path("state").asText().equals("running");
      shown.put("run " + run.path("id").asText(), going ? NullNode.instance : run);
    }
    for (var dataset : json(program, "/api/v1/datasets").path("datasets")) {
      var name = dataset.path("name").asText();
      for (var version : json(program, "/api/v1/datasets/" + name).path("versions"))
        shown.put(version(version), version);
    }
    for (var experiment : json(program, "/api/v1/experiments").path("experiments")) {
      var name = experiment.path("name").asText();
      for (var run : json(program, "/api/v1/experiments/" + name + "/runs").path("runs")) {
        boolean going = !Set.of("FINISHED", "FAILED").contains(run.path("state").asText());
        shown.put("run of experiment " + run.path("id").asText(), going ? NullNode.instance : run);
      }
    }
    var model = json(program, "/api/v1/models/" + pipeline);
    for (var version : model.path("versions"))
      shown.put("model " + version.path("id").asText(), version);
    for (var change : model.path("history")) shown.put("change of alias " + change, change);
    return shown;
  }

  private static String version(JsonNode version) {
    return "dataset %s/%d".formatted(version.path("name").asText(), version.path("number").asInt());
  }

  /** Empty where there is nothing yet. */
  private static JsonNode json(Program program, String path) {
    var answer = program.get(path);
    assertThat(answer.statusCode()).as(path + ": " + answer.body()).isIn(200, 404);
    return answer.statusCode() == 404 ? Json.object() : Json.parse(answer.body());
  }
}
