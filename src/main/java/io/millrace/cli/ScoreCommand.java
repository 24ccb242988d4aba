package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code score ENDPOINT|MODEL --data DATASET --out NAME|FILE}. */
@Command(
    name = "score",
    description = "Answer all rows of a dataset, with the model and the code that answer requests.")
final class ScoreCommand implements Callable<Integer> {
  private static final String FILE = ".parquet";

  @Mixin Connection connection;

  @Parameters(
      paramLabel = "MODEL",
      description =
          "An endpoint, which means the version that it serves; or NAME/VERSION, NAME@ALIAS, NAME.")
  String model;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DATASET",
      description = "The rows: a dataset, NAME (its current version) or NAME/NUMBER.")
  String data;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "NAME|FILE",
      description =
          "Where rows and answers go: a dataset's name, or a file here whose name ends with .parquet.")
  String out;

  @Override
  public Integer call() {
    var api = connection.api();
    boolean isFile = out.endsWith(FILE);
    if (!isFile && out.contains("/"))
      throw new WrongUsage("--out", out, "a dataset's name, or a file that ends with " + FILE);
    var body = Json.object().put("model", model).put("dataset", data);
    if (!isFile) body.put("out", out);
    var begun = api.post("/api/v1/score", body);
    var id = begun.path("id").asText();
    System.err.printf(
        "run %s: %s answers %s; to stop it: millrace pipeline cancel %s%n",
        id,
        begun.path("params").path("model").asText(),
        begun.path("params").path("dataset").asText(),
        id);
    var ended = new RunFollower(api, System.err).follow(id);
    boolean succeeded = ended.path("state").asText().equals("succeeded");
    if (succeeded && isFile) download(api, ended);
    connection.print(
        ended,
        () -> {
          if (succeeded) print(ended, isFile);
          else RunFollower.printSteps(ended, System.out);
        });
    return succeeded ? 0 : 1;
  }

  private void download(Api api, JsonNode run) {
    var digest = step(run, "score").path("outputs").path("data").path("digest").asText();
    api.download("/api/v1/tables/" + Api.segment(digest) + "/parquet", Path.of(out));
  }

  private void print(JsonNode run, boolean isFile) {
    System.out.printf(
        "%,d rows answered by %s: %s%n",
        step(run, "score").path("summary").path("rows").asLong(),
        run.path("params").path("model").asText(),
        isFile ? out : "dataset " + step(run, "register").path("outputs").path("version").asText());
  }

  private static JsonNode step(JsonNode run, String name) {
    return Api.named(run.path("steps"), "name", name, "step");
  }
}
