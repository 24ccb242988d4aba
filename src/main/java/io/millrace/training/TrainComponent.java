package io.millrace.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Entry;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.pipelines.ArtifactRef;
import io.millrace.pipelines.Component;
import io.millrace.pipelines.Result;
import io.millrace.pipelines.Task;
import io.millrace.pipelines.ValueType;
import java.io.IOException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code train/xgboost}, {@code train/linear} and {@code train/trivial}: fit a model and its
 * baselines, and seal them.
 */
public final class TrainComponent implements Component {
  private static final int THREADS = 2;
  private static final int ROUNDS = 400;

  private final Artifacts artifacts;
  private final String program;
  private final TrainerKind trainer;

  private TrainComponent(Artifacts artifacts, String program, TrainerKind trainer) {
    this.artifacts = artifacts;
    this.program = program;
    this.trainer = trainer;
  }

  /**
   * @param program the digest of the program's own code, which stands in each model's lock
   */
  public static TrainComponent xgboost(Artifacts artifacts, String program) {
    return new TrainComponent(artifacts, program, TrainerKind.XGBOOST);
  }

  /** As {@link #xgboost}. */
  public static TrainComponent linear(Artifacts artifacts, String program) {
    return new TrainComponent(artifacts, program, TrainerKind.LINEAR);
  }

  /** As {@link #xgboost}. */
  public static TrainComponent trivial(Artifacts artifacts, String program) {
    return new TrainComponent(artifacts, program, TrainerKind.TRIVIAL);
  }

  @Override
  public String name() {
    return trainer.component();
  }

  @Override
  public String meaning() {
    return switch (trainer) {
      case XGBOOST ->
          "Trains gradient-boosted trees, with a linear and a trivial model beside them.";
      case LINEAR ->
          "Trains a logistic, softmax or ridge regression, with a trivial model beside it.";
      case TRIVIAL -> "Answers every row alike: the mean, or the shares of the classes.";
    };
  }

  @Override
  public List<Input> inputs() {
    var inputs =
        new ArrayList<>(
            List.of(
                Input.required("data", ValueType.DATASET, "the rows to learn from"),
                Input.required(
                    "label", ValueType.TEXT, "the column to predict; rows without it are dropped"),
                Input.optional("ignore", ValueType.LIST, "columns not to learn from"),
                Input.optional(
                    "objective",
                    ValueType.TEXT,
                    "binary, multiclass or regression; by the label's values if not given"),
                Input.optional(
                    "validate_from",
                    ValueType.DATE,
                    "rows from here on choose among settings; a fifth of all rows, drawn by the seed, if not given"),
                Input.optional(
                    "time",
                    ValueType.TEXT,
                    "the column that validate_from is compared with; the first ignored one that holds times if not given"),
                new Input(
                    "seed",
                    ValueType.INTEGER,
                    false,
                    IntNode.valueOf(0),
                    "another number draws other rows and columns"),
                new Input(
                    "threads",
                    ValueType.INTEGER,
                    false,
                    IntNode.valueOf(THREADS),
                    "threads to train with; results may depend on it in the last digits")));
    if (trainer == TrainerKind.XGBOOST) {
      inputs.add(
          new Input(
              "rounds",
              ValueType.INTEGER,
              false,
              IntNode.valueOf(ROUNDS),
              "the most rounds that are tried; fewer where more do not help"));
      inputs.add(
          Input.optional(
              "params",
              ValueType.MAP,
              "hyper-parameters of XGBoost to fix, such as {max_depth: 4}; the others are chosen"));
    }
    return List.copyOf(inputs);
  }

  @Override
  public List<Output> outputs() {
    var model = new Output("model", ValueType.MODEL, "the sealed package");
    if (trainer == TrainerKind.TRIVIAL) return List.of(model);
    return List.of(
        model, new Output("baselines", ValueType.MODELS, "simpler models fitted on the same rows"));
  }

  @Override
  public void check(Map<String, JsonNode> with) {
    if (with.containsKey("label")) settings(with);
  }

  @Override
  public Result run(Task task) throws IOException, InterruptedException {
    var data = task.artifacts().get("data");
    if (data == null) throw new InvalidInput("input \"data\" is missing");
    var settings = settings(task.values());
    settings.params().forEach((name, value) -> task.run().param("given_" + name, value.asText()));
    task.run().param("trainer", name());
    task.run().param("label", settings.label());
    task.run().param("seed", Long.toString(settings.seed()));
    var entries = artifacts.manifest(data.digest()).entries();
    var files = new ArrayList<String>();
    entries.forEach((path, entry) -> {
      if (path.endsWith(".parquet")) files.add(file(entry));
    });
    if (files.isEmpty())
      throw new InvalidInput("the data of step input \"data\" has no Parquet file");
    var request =
        new TrainingRequest(
            trainer, data.digest(), files, settings, program, ProcessHandle.current().pid());
    var result =
        new ChildProcess(task).run(request, entries.values().stream().mapToLong(Entry::size).sum());
    task.progress("sealing", 0.98);
    var outputs = new LinkedHashMap<String, ArtifactRef>();
    outputs.put(
        "model",
        new ArtifactRef(ValueType.MODEL, ModelFiles.seal(artifacts, task.folder(), trainer)));
    if (!trainer.baselines().isEmpty())
      outputs.put("baselines", new ArtifactRef(ValueType.MODELS, baselines(task)));
    return new Result(outputs, Map.of(), List.of(), summary(result));
  }

  private Digest baselines(Task task) throws IOException {
    return ModelFiles.sealAll(artifacts, task.folder(), trainer.baselines());
  }

  private String file(Entry entry) {
    return artifacts.file(entry.digest()).toAbsolutePath().toString();
  }

  private Map<String, JsonNode> summary(JsonNode result) {
    var summary = new LinkedHashMap<String, JsonNode>();
    summary.put("rows", result.path("rows"));
    summary.put("features", result.path("features"));
    summary.put("nulls", result.path("missing"));
    summary.put("task", result.path("task"));
    if (result.path("parameters").has("rounds"))
      summary.put("rounds", result.path("parameters").path("rounds"));
    summary.put("parameters", result.path("parameters"));
    summary.put("validation", result.path("validation").path(trainer.word()));
    var baselines = Json.object();
    for (var baseline : trainer.baselines())
      baselines.set(baseline.word(), result.path("validation").path(baseline.word()));
    if (!baselines.isEmpty()) summary.put("baselines_validation", baselines);
    return summary;
  }

  private static TrainingRequest.Settings settings(Map<String, JsonNode> with) {
    var label = text(with, "label");
    if (label == null)
      throw new InvalidInput("input \"label\" is missing: name the column to predict");
    Targets.task(text(with, "objective"));
    var ignore = texts(with.get("ignore"));
    if (ignore.contains(label))
      throw new InvalidInput("ignore: \"%s\" is the label".formatted(label));
    var params = new TreeMap<String, JsonNode>();
    var given = with.get("params");
    if (given != null) given.properties().forEach(one -> params.put(one.getKey(), one.getValue()));
    Hyperparameters.check(params);
    var from = text(with, "validate_from");
    return new TrainingRequest.Settings(
        label,
        ignore,
        text(with, "objective"),
        from == null ? null : date(from),
        text(with, "time"),
        integer(with, "seed", 0, 0, Long.MAX_VALUE),
        (int) integer(with, "threads", THREADS, 1, 256),
        (int) integer(with, "rounds", ROUNDS, 1, 10_000),
        params);
  }

  private static LocalDate date(String text) {
    try {
      return LocalDate.parse(text);
    } catch (java.time.DateTimeException e) {
      throw new InvalidInput("validate_from", text, "a date such as 2001-01-20");
    }
  }

  private static @Nullable String text(Map<String, JsonNode> with, String name) {
    var value = with.get(name);
    return value == null || value.isNull() ? null : value.asText();
  }

  private static List<String> texts(@Nullable JsonNode value) {
    var texts = new ArrayList<String>();
    if (value != null) value.forEach(one -> texts.add(one.asText()));
    return texts;
  }

  private static long integer(
      Map<String, JsonNode> with, String name, long otherwise, long least, long most) {
    var value = with.get(name);
    if (value == null || value.isNull()) return otherwise;
    long number = value.asLong();
    if (!value.isIntegralNumber() || number < least || number > most)
      throw new InvalidInput(name, value, "a whole number from %d to %d".formatted(least, most));
    return number;
  }
}
