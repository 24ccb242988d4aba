package io.millrace.serving;

import io.millrace.base.InvalidInput;
import io.millrace.base.Unsupported;
import io.millrace.models.DataType;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Explains answers to requests that ask for it by the parameter {@value #PARAMETER}: the answer
 * then has one output more, {@value #OUTPUT}, a JSON text a row. Thread-safe.
 */
public interface Explaining {
  String PARAMETER = "explain";
  String OUTPUT = "explanation";

  /** The most rows of a request that is explained. */
  int MOST_ROWS = 16;

  /**
   * The explanation of each row, worked out by other threads; waits for them, at most that long.
   *
   * @throws io.millrace.base.Expired if it took longer
   */
  List<String> explain(InferAnswer answer, Deployment deployment, Duration left);

  /** Whether the request asks for it; refuses what cannot be explained before it is answered. */
  static boolean isAsked(InferRequest request) {
    var wish = request.parameters().get(PARAMETER);
    if (wish == null) return false;
    if (!(wish instanceof Boolean asked))
      throw new InvalidInput("parameter \"explain\" of the request", wish, "true or false");
    if (asked && request.rows() > MOST_ROWS)
      throw new InvalidInput(
          "%,d rows with the parameter \"explain\", expected at most %d in a request"
              .formatted(request.rows(), MOST_ROWS));
    return asked;
  }

  /** Refuses, before it is answered, a request whose answer could not be given with the output. */
  static void check(InferRequest request, Signature signature) {
    if (isAsked(request) && signature.findOutput(OUTPUT).isPresent())
      throw new Unsupported(
          "the model has an output \"%s\" of its own, so that its answers have no room for one: ask without the parameter \"%s\", and then by the prediction's id, with `millrace explain ID`"
              .formatted(OUTPUT, PARAMETER));
  }

  /** The answer with the output more. */
  default InferAnswer explained(InferAnswer answer, Deployment deployment, Duration left) {
    var texts = explain(answer, deployment, left).toArray(String[]::new);
    var outputs = new ArrayList<>(answer.outputs());
    outputs.add(new Tensor(OUTPUT, DataType.BYTES, new long[] {texts.length}, texts));
    var request = answer.request();
    var wanted = new ArrayList<>(request.outputs());
    // The outputs that are listed and those that are given stay in step.
    if (!wanted.isEmpty()) wanted.add(new RequestedOutput(OUTPUT, null, 0));
    return new InferAnswer(
        answer.endpoint(),
        answer.version(),
        new InferRequest(request.id(), request.parameters(), request.inputs(), wanted),
        outputs,
        answer.predictionId());
  }
}
