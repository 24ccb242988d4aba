package io.millrace.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Entry;
import io.millrace.artifacts.Manifest;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.data.Datasets;
import io.millrace.models.Models;
import io.millrace.models.Predictor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Judges models on data and writes down how they did. Equal models, data and settings give equal
 * reports, byte by byte. Thread-safe.
 */
public final class Evaluations {
  /** What the first field of every report says. */
  static final String FORMAT = "millrace-report-1";

  private static final int RESAMPLES = 300;
  private static final long SEED = 1;
  private static final long LARGEST_REPORT = 64L << 20;

  private final Artifacts artifacts;
  private final Models models;
  private final Trial.Tables tables;

  public Evaluations(Artifacts artifacts, Models models, Datasets datasets) {
    this(artifacts, models, datasets::frame);
  }

  Evaluations(Artifacts artifacts, Models models, Trial.Tables tables) {
    this.artifacts = artifacts;
    this.models = models;
    this.tables = tables;
  }

  /** A report's digest and what it says. */
  public record Report(Digest digest, JsonNode content) {}

  /** Judges the model, and the baselines on the same rows, and stores the report. */
  public Report evaluate(Request request) {
    var baselines = baselines(request);
    try (var loaded = new Loaded()) {
      var model = loaded.add(request.model());
      baselines.values().forEach(loaded::add);
      var trial = new Trial(tables, request.data(), request.settings(), model, loaded.others());
      var scores = trial.scores(model, "model " + request.model().brief());
      var report = start(request, trial);
      report.set("metrics", trial.judge.metrics(scores));
      report.set("intervals", intervals(trial.judge, scores));
      var judged = report.putObject("baselines");
      var compared = report.putObject("comparisons");
      int next = 0;
      for (var name : baselines.keySet()) {
        var others = trial.scores(loaded.others().get(next++), "baseline " + name);
        judged.set(name, trial.judge.metrics(others));
        compared.set(name, comparison(trial.judge).json(scores, others));
      }
      trial.judge.describe(scores, report);
      report.set(
          "slices",
          trial.slices.json(request.settings().slices(), trial.judge, scores, RESAMPLES, SEED));
      return store(report);
    }
  }

  private static ObjectNode start(Request request, Trial trial) {
    var report =
        Json.object()
            .put("format", FORMAT)
            .put("task", trial.task.word())
            .put("model", request.model().hex())
            .put("data", request.data().hex())
            .put("label", trial.label)
            .put("rows", trial.judge.rows())
            .put("rows_without_label", trial.dropped);
    var classes = report.putArray("classes");
    trial.classes.forEach(classes::add);
    var settings = report.putObject("settings");
    settings
        .put("least_rows", request.settings().leastRows())
        .put("threshold", request.settings().threshold())
        .put("confidence", Interval.CONFIDENCE)
        .put("resamples", RESAMPLES)
        .put("seed", SEED);
    if (request.settings().output() != null) settings.put("output", request.settings().output());
    var slices = settings.putArray("slices");
    request.settings().slices().forEach(slices::add);
    return report;
  }

  private static ObjectNode intervals(Judge judge, Scores scores) {
    var statistics = judge.statistics(scores);
    var intervals =
        new Bootstrap(judge.rows(), RESAMPLES, SEED).intervals(List.copyOf(statistics.values()));
    var json = Json.object();
    int k = 0;
    for (var name : statistics.keySet()) {
      var interval = intervals.get(k++);
      if (!Double.isNaN(interval.low()))
        json.putArray(name).add(interval.low()).add(interval.high());
    }
    return json;
  }

  private static Comparison comparison(Judge judge) {
    return new Comparison(judge, RESAMPLES, SEED);
  }

  private Report store(ObjectNode report) {
    var text = Json.canonical(report) + "\n";
    return new Report(artifacts.put(text.getBytes(StandardCharsets.UTF_8)), report);
  }

  /** The report of that digest. */
  public JsonNode report(Digest digest) {
    var report = Json.read(artifacts.bytes(digest, LARGEST_REPORT), JsonNode.class);
    if (!report.path("format").asText().equals(FORMAT))
      throw new InvalidInput(
          "blob %s is no report: it has no \"format\": \"%s\"".formatted(digest, FORMAT));
    return report;
  }

  /**
   * How another model did on the rows of a report, beside the model of the report.
   *
   * @param other as a report without curves: metrics and slices
   * @param comparison {metric: {difference, low, high, p_value}}; the difference is the report's
   *     model minus the other
   */
  public record Challenge(JsonNode report, JsonNode other, JsonNode comparison) {}

  /** Judges another model on the rows of a report as the report's own was, and compares the two. */
  public Challenge challenge(JsonNode report, Digest other) {
    var settings = settings(report);
    try (var loaded = new Loaded()) {
      var model = loaded.add(new Digest(report.path("model").asText()));
      var rival = loaded.add(other);
      var trial =
          new Trial(
              tables, new Digest(report.path("data").asText()), settings, model, List.of(rival));
      var scores = trial.scores(model, "the candidate");
      var rivals = trial.scores(rival, "it");
      var judged = Json.object().put("model", other.hex()).put("rows", trial.judge.rows());
      judged.set("metrics", trial.judge.metrics(rivals));
      judged.set("intervals", intervals(trial.judge, rivals));
      judged.set(
          "slices", trial.slices.json(settings.slices(), trial.judge, rivals, RESAMPLES, SEED));
      return new Challenge(report, judged, comparison(trial.judge).json(scores, rivals));
    } catch (InvalidInput e) {
      throw new InvalidInput(
          "champion %s cannot be judged on the candidate's rows: %s. Give the data what it needs, or take the alias champion away to begin anew"
              .formatted(other.brief(), e.getMessage()));
    }
  }

  private static Request.Settings settings(JsonNode report) {
    var classes = new ArrayList<String>();
    report.path("classes").forEach(one -> classes.add(one.asText()));
    var slices = new ArrayList<String>();
    var settings = report.path("settings");
    settings.path("slices").forEach(one -> slices.add(one.asText()));
    return new Request.Settings(
        report.path("task").asText().equals(TaskKind.REGRESSION.word()),
        report.path("label").asText(),
        classes,
        settings.hasNonNull("output") ? settings.path("output").asText() : null,
        slices,
        settings.path("least_rows").asInt(),
        settings.path("threshold").asDouble());
  }

  /** The packages in the folders of a directory of baselines. */
  private SortedMap<String, Digest> baselines(Request request) {
    var packages = new TreeMap<String, Digest>();
    if (request.baselines() == null) return packages;
    var folders = new TreeMap<String, TreeMap<String, Entry>>();
    artifacts
        .manifest(request.baselines())
        .entries()
        .forEach((path, entry) -> {
          int slash = path.indexOf('/');
          if (slash < 0)
            throw new InvalidInput(
                "file of baselines", path, "folders only, each of them a model package");
          folders
              .computeIfAbsent(path.substring(0, slash), _ -> new TreeMap<>())
              .put(path.substring(slash + 1), entry);
        });
    folders.forEach((name, entries) -> packages.put(name, artifacts.put(new Manifest(entries))));
    return packages;
  }

  /** Packages in memory while they are judged. */
  private final class Loaded implements AutoCloseable {
    private final List<Predictor> all = new ArrayList<>();

    Predictor add(Digest digest) {
      var model = models.forTables(digest);
      all.add(model);
      return model;
    }

    /** All but the first. */
    List<Predictor> others() {
      return all.subList(1, all.size());
    }

    @Override
    public void close() {
      all.forEach(Predictor::close);
    }
  }
}
