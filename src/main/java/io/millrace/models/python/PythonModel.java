package io.millrace.models.python;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Unavailable;
import io.millrace.models.Field;
import io.millrace.models.Golden;
import io.millrace.models.OnnxSession;
import io.millrace.models.Predictor;
import io.millrace.models.Shared;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.lang.reflect.Array;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/** A model of MLflow's python_function flavor that answers, from a process of its own. */
final class PythonModel implements Predictor {
  /** What a question costs beside its rows, a table of its own in Python, is shared by as many. */
  private static final int BATCH = 1_024;

  private final Digest folder;
  private final Signature signature;
  private final Shared.Hold<Loaded> hold;
  private final Duration longest;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * A model in its process, which others may share.
   *
   * @param unmet where the interpreter is another than the model was logged with
   */
  record Loaded(PythonWorker worker, List<String> unmet, Runnable cleaning) {}

  PythonModel(Digest folder, Signature signature, Shared.Hold<Loaded> hold, Duration longest) {
    this.folder = folder;
    this.signature = signature;
    this.hold = hold;
    this.longest = longest;
  }

  @Override
  public Engine engine() {
    return Engine.PYTHON;
  }

  @Override
  public Digest digest() {
    return folder;
  }

  @Override
  public JsonNode lock() {
    return Json.object();
  }

  @Override
  public int batch() {
    return BATCH;
  }

  @Override
  public Signature signature() {
    return signature;
  }

  @Override
  public List<String> missing() {
    var missing = new ArrayList<String>();
    for (var unmet : hold.thing().unmet())
      missing.add(
          "requirement: %s; its answers may differ from the trained model's".formatted(unmet));
    missing.addAll(PythonModels.MISSING);
    return missing;
  }

  @Override
  public Optional<Golden> golden() {
    return Optional.empty();
  }

  @Override
  public Optional<String> obstacle() {
    return hold.thing().worker().obstacle();
  }

  @Override
  public List<Tensor> run(List<Tensor> inputs, Set<String> outputs) {
    if (closed.get()) throw new IllegalStateException("the model is closed");
    signature.check(inputs);
    outputs.forEach(signature::output);
    var ordered = ordered(inputs);
    if (ordered.getFirst().rows() == 0) return none(outputs);
    var header = Json.object().put("op", "predict");
    header.set("inputs", TensorBytes.describe(ordered));
    var answer = hold.thing().worker().ask(header, TensorBytes.write(ordered), longest);
    var error = answer.header().path("error").asText();
    if (!error.isEmpty() && answer.header().path("kind").asText().equals("input"))
      throw new InvalidInput("%s: %s".formatted(OnnxSession.REFUSED, error));
    if (!error.isEmpty()) throw new Unavailable("the model failed: " + error);
    return TensorBytes.read(signature.outputs(), answer.header().path("outputs"), answer.body())
        .stream()
        .filter(tensor -> outputs.isEmpty() || outputs.contains(tensor.name()))
        .toList();
  }

  /** Answers to no rows, of which the libraries of models seldom want to hear. */
  private List<Tensor> none(Set<String> outputs) {
    return signature.outputs().stream()
        .filter(output -> outputs.isEmpty() || outputs.contains(output.name()))
        .map(PythonModel::none)
        .toList();
  }

  private static Tensor none(Field output) {
    var shape = new long[Math.max(1, output.shape().size())];
    for (int i = 1; i < shape.length; i++) shape[i] = Math.max(1, output.shape().get(i));
    var data = Array.newInstance(output.datatype().carrier().componentType(), 0);
    return new Tensor(output.name(), output.datatype(), shape, data);
  }

  /** In the signature's order, which the process goes by; columns of a table are equally long. */
  private List<Tensor> ordered(List<Tensor> inputs) {
    var ordered = new ArrayList<Tensor>(inputs.size());
    for (var name : signature.inputNames())
      for (var input : inputs) if (input.name().equals(name)) ordered.add(input);
    var first = ordered.getFirst();
    for (var input : ordered) {
      if (input.rows() != first.rows())
        throw new InvalidInput(
            "inputs \"%s\" and \"%s\" differ in size: %d and %d, expected as many rows in each"
                .formatted(first.name(), input.name(), first.rows(), input.rows()));
    }
    return ordered;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) hold.release().run();
  }
}
