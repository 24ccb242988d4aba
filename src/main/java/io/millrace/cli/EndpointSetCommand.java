package io.millrace.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code endpoint set ENDPOINT --p99 20ms ...}. */
@Command(
    name = "set",
    description = "Change how an endpoint answers; the word default takes a setting back.")
final class EndpointSetCommand implements Runnable {
  private static final String DEFAULT = "default";

  @Mixin Connection connection;

  @Parameters(paramLabel = "ENDPOINT")
  String name;

  @Option(
      names = "--p99",
      paramLabel = "TIME",
      description = "What 99 of 100 answers shall take at most, such as 20ms.")
  @Nullable String p99;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description = "Calls of the model at once (default: one a core).")
  @Nullable String concurrency;

  @Option(
      names = "--queue",
      paramLabel = "N",
      description = "Requests that may wait (default: 1000).")
  @Nullable String queue;

  @Option(
      names = "--timeout",
      paramLabel = "TIME",
      description = "How long a request may take (default: 30s).")
  @Nullable String timeout;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that one call of the model uses (default: 1).")
  @Nullable String threads;

  @Option(
      names = "--batch",
      paramLabel = "ROWS",
      description = "The most rows in one call of the model (default: 256); 1 puts none together.")
  @Nullable String batch;

  @Option(
      names = "--features",
      paramLabel = "DATASET",
      description =
          "A dataset, NAME or NAME/NUMBER, in which inputs that a request leaves out are looked up.")
  @Nullable String features;

  @Option(
      names = "--keys",
      paramLabel = "COLUMN,...",
      split = ",",
      description = "The columns of --features by which a request names its rows.")
  @Nullable List<String> keys;

  @Option(
      names = "--time",
      paramLabel = "COLUMN",
      description = "The column of --features that says which row of a key is the newest.")
  @Nullable String time;

  @Override
  public void run() {
    var change = Json.object();
    time(change, "p99", p99);
    number(change, "concurrency", concurrency);
    number(change, "queue", queue);
    time(change, "timeout", timeout);
    number(change, "threads", threads);
    number(change, "batch", batch);
    features(change);
    if (change.isEmpty())
      throw new WrongUsage(
          "endpoint set", "no setting", "at least one of the options, such as --p99 20ms");
    var answer =
        connection.api().post("/api/v1/endpoints/" + Api.segment(name) + "/configure", change);
    connection.print(
        answer, () -> System.out.println(name + ": " + answer.path("serving").path("settings")));
  }

  private void features(ObjectNode change) {
    if (features == null) {
      if (keys != null || time != null)
        throw new WrongUsage(
            "endpoint set", "--keys or --time alone", "--features DATASET with them");
      return;
    }
    if (features.equals(DEFAULT)) {
      change.putNull("features");
      return;
    }
    if (keys == null)
      throw new WrongUsage(
          "endpoint set",
          "--features without --keys",
          "the dataset's key columns, --keys COLUMN,...");
    var source = change.putObject("features").put("dataset", features);
    source.set("keys", Json.tree(keys));
    if (time != null) source.put("time", time);
  }

  private static void time(ObjectNode change, String key, @Nullable String value) {
    if (value == null) return;
    if (value.equals(DEFAULT)) change.putNull(key);
    else change.put(key, value);
  }

  private static void number(ObjectNode change, String key, @Nullable String value) {
    if (value == null) return;
    if (value.equals(DEFAULT)) {
      change.putNull(key);
      return;
    }
    try {
      change.put(key, Integer.parseInt(value));
    } catch (NumberFormatException e) {
      throw new WrongUsage("--" + key, value, "a whole number, or default");
    }
  }
}
