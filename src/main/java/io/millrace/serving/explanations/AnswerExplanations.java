package io.millrace.serving.explanations;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Conflict;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Unsupported;
import io.millrace.data.Sql;
import io.millrace.models.Feed;
import io.millrace.models.LoadedModel;
import io.millrace.models.Models;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import io.millrace.models.explanations.Explainer;
import io.millrace.serving.Deployment;
import io.millrace.serving.EndpointName;
import io.millrace.serving.Explaining;
import io.millrace.serving.InferAnswer;
import io.millrace.serving.InferRequest;
import io.millrace.serving.predictions.PredictionRow;
import io.millrace.serving.predictions.Predictions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Explains what endpoints answered, by the package that answered. Reference rows are the package's
 * golden rows; of a package without any, the rows that the endpoint was asked before. Thread-safe.
 */
public final class AnswerExplanations implements Explaining, AutoCloseable {
  /** How long one that nobody waits for by a deadline may take. */
  private static final Duration LONGEST = Duration.ofSeconds(60);

  /** Larger files are not looked through for trees. */
  private static final long LARGEST_FILE = 64L << 20;

  private static final int LOGGED_ROWS = 20;
  private static final Duration LOGGED_WITHIN = Duration.ofDays(1);

  private final Artifacts artifacts;
  private final Models models;
  private final Predictions predictions;
  private final Workers workers = new Workers();

  public AnswerExplanations(Artifacts artifacts, Models models, Predictions predictions) {
    this.artifacts = artifacts;
    this.models = models;
    this.predictions = predictions;
  }

  @Override
  public List<String> explain(InferAnswer answer, Deployment deployment, Duration left) {
    var request = answer.request();
    var options = options(request);
    return workers.run(
        left,
        () -> {
          try (var model = loaded(deployment.packageDigest())) {
            var from = new Asked(answer.endpoint(), answer.version().toString());
            var explainer = explainer(model, from, answer.predictionId());
            var texts = new ArrayList<String>();
            var inputs = taken(model.signature(), request.inputs());
            for (int row = 0; row < request.rows(); row++)
              texts.add(Json.write(explainer.explain(row(inputs, row), options).json()));
            return texts;
          }
        });
  }

  private LoadedModel loaded(Digest digest) {
    if (models.startsProcess(digest))
      throw new Unsupported(
          "the model answers from a Python process, and only ONNX models are explained: log it with mlflow.onnx.log_model and deploy that");
    return models.load(digest);
  }

  /** Without the keys by which some of them were looked up. */
  private static List<Tensor> taken(Signature signature, List<Tensor> inputs) {
    return inputs.stream().filter(t -> signature.findInput(t.name()).isPresent()).toList();
  }

  private static List<Tensor> row(List<Tensor> inputs, int row) {
    return inputs.stream().map(tensor -> Feed.rows(tensor, row, row + 1)).toList();
  }

  private static Explainer.Options options(InferRequest request) {
    var output = request.parameters().get("explain_output");
    if (output != null && !(output instanceof String))
      throw new InvalidInput("parameter \"explain_output\" of the request", output, "a text");
    var permutations = request.parameters().get("explain_permutations");
    if (permutations != null && !(permutations instanceof Long))
      throw new InvalidInput(
          "parameter \"explain_permutations\" of the request", permutations, "a whole number");
    return options(
        (String) output, permutations == null ? Explainer.PERMUTATIONS : (Long) permutations);
  }

  /**
   * @param output NAME or NAME[INDEX]; the usual one where null
   */
  public static Explainer.Options options(@Nullable String output, long permutations) {
    return new Explainer.Options(
        output, Math.clamp(permutations, 0, Integer.MAX_VALUE), Explainer.Options.USUAL.seed());
  }

  /**
   * The explanation of a prediction that was made: from its inputs in the log, by the package that
   * answered then.
   */
  public ObjectNode explanation(String id, Explainer.Options options) {
    var prediction = predictions.prediction(id);
    var endpoint = new EndpointName(prediction.path("endpoint").asText());
    var version = prediction.path("version").asText();
    if (!(prediction.get("inputs") instanceof ObjectNode inputs))
      throw new Conflict(
          "prediction %s was too large to be logged with its inputs: ask for the explanation with the request, by its parameter \"explain\""
              .formatted(id));
    var explained =
        workers.run(
            LONGEST,
            () -> {
              var digest = new Digest(prediction.path("package").asText());
              try (var model = loaded(digest)) {
                refuseMasked(model, endpoint);
                var row = LoggedRows.row(model.signature(), inputs);
                return explainer(model, new Asked(endpoint, version), id.substring(0, 32))
                    .explain(row, options);
              }
            });
    var answer = Json.object().put("prediction", id).put("endpoint", endpoint.value());
    answer.put("version", version).put("package", prediction.path("package").asText());
    answer.set("outputs", prediction.path("outputs"));
    answer.setAll(explained.json());
    return answer;
  }

  /** A masked number looks as a missing one. */
  private void refuseMasked(LoadedModel model, EndpointName endpoint) {
    for (var name : predictions.standing(endpoint).settings().mask())
      if (model.signature().findInput(name).isPresent())
        throw new Conflict(
            "input \"%s\" is masked in the log of endpoint %s, so that the rows in it cannot be explained, or be explained against"
                .formatted(name, endpoint));
  }

  /** Who was asked. */
  private record Asked(EndpointName endpoint, String version) {}

  /**
   * @param before the request's id: rows that were asked later do not change an explanation
   */
  private Explainer explainer(LoadedModel model, Asked asked, String before) {
    var contents = model.contents();
    byte @Nullable [] onnx =
        artifacts.size(contents.model()) <= LARGEST_FILE
            ? artifacts.bytes(contents.model(), LARGEST_FILE)
            : null;
    var golden = contents.golden();
    var references =
        golden != null
            ? new Explainer.References(golden.inputs(), "the package's golden rows")
            : logged(model, asked, before);
    return new Explainer(model, onnx, references);
  }

  private Explainer.References logged(LoadedModel model, Asked asked, String before) {
    refuseMasked(model, asked.endpoint());
    var at = Instant.ofEpochMilli(Long.parseLong(before.substring(0, 12), 16));
    var found =
        predictions.list(
            new Predictions.Question(
                asked.endpoint(),
                at.minus(LOGGED_WITHIN),
                at.plusSeconds(60),
                "version = %s and inputs is not null".formatted(Sql.text(asked.version())),
                before,
                LOGGED_ROWS));
    var rows = new ArrayList<JsonNode>();
    for (var row : found.path("rows"))
      rows.add(PredictionRow.json(found.path("columns"), row).path("inputs"));
    if (rows.isEmpty())
      throw new Conflict(
          "%s has no rows to explain an answer against: its package has no golden rows, and the log of endpoint %s none that it was asked in the day before; ask it about some other rows first"
              .formatted(asked.version(), asked.endpoint()));
    return new Explainer.References(
        LoggedRows.table(model.signature(), rows),
        "the last rows that endpoint %s was asked before".formatted(asked.endpoint()));
  }

  @Override
  public void close() {
    workers.close();
  }
}
