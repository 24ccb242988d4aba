package io.millrace.models;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import io.millrace.base.Unsupported;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An ONNX model in memory, answered by ONNX Runtime. Safe for use by several threads. Closing it
 * waits for nobody: the native session goes when the last answer under way is done.
 */
public final class OnnxSession implements AutoCloseable {
  /** How many threads one answer may use. */
  public record Settings(int intraOpThreads, int interOpThreads) {
    /** One thread per answer: requests run beside each other instead. */
    public static Settings serving() {
      return new Settings(1, 1);
    }
  }

  /** How a message begins that tells why the runtime gave no answer. */
  public static final String REFUSED = "the model refused the input";

  private final OrtEnvironment environment;
  private final OrtSession session;
  private final Signature signature;
  private final Set<String> allOutputs;

  private final List<Shared> sharedDimensions;
  private final AtomicInteger holders = new AtomicInteger(1);
  private final AtomicBoolean closed = new AtomicBoolean();

  private OnnxSession(OrtEnvironment environment, OrtSession session) throws OrtException {
    this.environment = environment;
    this.session = session;
    var inputs = session.getInputInfo().values();
    this.signature =
        new Signature(
            fields("input", inputs, true),
            fields("output", session.getOutputInfo().values(), false));
    this.allOutputs = new LinkedHashSet<>(signature.outputNames());
    this.sharedDimensions = sharedDimensions(inputs);
  }

  public static OnnxSession open(byte[] model, Settings settings) {
    return open(settings, (environment, options) -> environment.createSession(model, options));
  }

  public static OnnxSession open(Path model, Settings settings) {
    return open(
        settings, (environment, options) -> environment.createSession(model.toString(), options));
  }

  private interface Opening {
    OrtSession open(OrtEnvironment environment, OrtSession.SessionOptions options)
        throws OrtException;
  }

  private static OnnxSession open(Settings settings, Opening opening) {
    var environment = OrtRuntime.environment();
    try (var options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(settings.intraOpThreads());
      options.setInterOpNumThreads(settings.interOpThreads());
      // The runtime's other format is not checked by OnnxFile.
      options.addConfigEntry("session.load_model_format", "ONNX");
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      options.addConfigEntry("session.inter_op.allow_spinning", "0");
      var session = opening.open(environment, options);
      try {
        return new OnnxSession(environment, session);
      } catch (OrtException | Failure e) {
        session.close();
        throw e;
      }
    } catch (OrtException e) {
      var message =
          "ONNX Runtime %s cannot load the model: %s".formatted(environment.getVersion(), said(e));
      if (e.getCode() == OrtException.OrtErrorCode.ORT_NOT_IMPLEMENTED)
        throw new Unsupported(message);
      throw new InvalidInput(message);
    }
  }

  public Signature signature() {
    return signature;
  }

  /** Answers with all outputs. */
  public List<Tensor> run(List<Tensor> inputs) {
    return run(inputs, Set.of());
  }

  /**
   * Answers with the outputs named, in the model's order; with all where none is named. Inputs that
   * do not fit the signature are refused; null texts are given to the model as "".
   */
  public List<Tensor> run(List<Tensor> inputs, Set<String> outputs) {
    signature.check(inputs);
    checkSharedDimensions(inputs);
    outputs.forEach(signature::output);
    var wanted = allOutputs;
    if (!outputs.isEmpty()) {
      wanted = new LinkedHashSet<>(allOutputs);
      wanted.retainAll(outputs);
    }
    if (!acquire()) throw new IllegalStateException("the session is closed");
    try (var arena = Arena.ofConfined()) {
      return answer(arena, inputs, wanted);
    } catch (OrtException e) {
      throw new InvalidInput(REFUSED + ": " + reason(e));
    } finally {
      release();
    }
  }

  private List<Tensor> answer(Arena arena, List<Tensor> inputs, Set<String> outputs)
      throws OrtException {
    var given = LinkedHashMap.<String, OnnxTensor>newLinkedHashMap(inputs.size());
    try {
      for (var input : inputs) given.put(input.name(), OrtTensors.give(environment, arena, input));
      try (var result = session.run(given, outputs)) {
        var answer = new ArrayList<Tensor>(result.size());
        for (var output : result) answer.add(OrtTensors.take(output.getKey(), output.getValue()));
        return answer;
      }
    } finally {
      given.values().forEach(OnnxTensor::close);
    }
  }

  /** Takes part in holding the session open; false if it is gone already. */
  boolean acquire() {
    int before = holders.getAndUpdate(count -> count == 0 ? 0 : count + 1);
    return before > 0;
  }

  void release() {
    if (holders.decrementAndGet() > 0) return;
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whether the native session is gone. */
  boolean isGone() {
    return holders.get() == 0;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) release();
  }

  /** Two dimensions of one name, each the input's place in the signature and its place there. */
  private record Shared(int input, int dimension, int other, int otherDimension) {}

  private static List<Shared> sharedDimensions(Collection<NodeInfo> inputs) {
    var first = new HashMap<String, int[]>();
    var shared = new ArrayList<Shared>();
    int input = 0;
    for (var node : inputs) {
      var names =
          node.getInfo() instanceof TensorInfo info ? info.getDimensionNames() : new String[0];
      for (int i = 0; i < names.length; i++) {
        if (names[i].isEmpty()) continue;
        var before = first.putIfAbsent(names[i], new int[] {input, i});
        if (before != null) shared.add(new Shared(before[0], before[1], input, i));
      }
      input++;
    }
    return List.copyOf(shared);
  }

  /**
   * Dimensions of one name have one size, in all inputs: the runtime would broadcast or read past
   * them.
   */
  private void checkSharedDimensions(List<Tensor> inputs) {
    for (var shared : sharedDimensions) {
      var one = input(inputs, shared.input());
      var other = input(inputs, shared.other());
      long size = one.sizeOf(shared.dimension());
      long otherSize = other.sizeOf(shared.otherDimension());
      if (size != otherSize)
        throw new InvalidInput(
            "inputs \"%s\" and \"%s\" differ in size: %d and %d, expected as many rows in each"
                .formatted(one.name(), other.name(), size, otherSize));
    }
  }

  /** That one of the signature, among all of them in any order. */
  private Tensor input(List<Tensor> inputs, int place) {
    var name = signature.inputs().get(place).name();
    if (inputs.get(place).name().equals(name)) return inputs.get(place);
    for (var input : inputs) if (input.name().equals(name)) return input;
    throw new IllegalStateException(name);
  }

  private static List<Field> fields(String kind, Collection<NodeInfo> nodes, boolean input) {
    var fields = new ArrayList<Field>();
    for (var node : nodes) {
      if (!(node.getInfo() instanceof TensorInfo info)) {
        throw new Unsupported(
            "%s \"%s\" of the model is a %s; only tensors are served. Export the model without it (for scikit-learn: convert with the option zipmap=False)"
                .formatted(
                    kind,
                    node.getName(),
                    node.getInfo() instanceof ai.onnxruntime.MapInfo ? "map" : "sequence"));
      }
      var datatype =
          OrtTensors.datatype(info)
              .orElseThrow(() ->
                  new Unsupported(
                      "%s \"%s\" of the model is of type %s, which is not served; add a Cast inside the model"
                          .formatted(kind, node.getName(), info.onnxType)));
      var shape = new ArrayList<Long>();
      for (long size : info.getShape()) shape.add(size < 0 ? -1L : size);
      fields.add(new Field(node.getName(), datatype, shape, input && datatype.hasNaN()));
    }
    return fields;
  }

  /** The operator's own words, without the runtime's codes and source files. */
  private static String reason(OrtException e) {
    var said = said(e);
    int at = said.lastIndexOf("Status Message: ");
    if (at >= 0) said = said.substring(at + "Status Message: ".length());
    return said.replaceFirst("^Error code - \\w+ - message: ", "")
        .replaceFirst("^\\S*\\.(?:cc|h):\\d+ \\S+(?: \\([^)]*\\))? ", "")
        .replaceFirst(
            "^(?:\\[[^]]*\\] )?indices element out of data bounds, ", "index out of range: ");
  }

  private static String said(OrtException e) {
    var message = String.valueOf(e.getMessage()).replaceAll("\\s+", " ").strip();
    return message.length() <= 600 ? message : message.substring(0, 600) + "...";
  }
}
