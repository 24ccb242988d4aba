package io.millrace.models;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A model that answers, whatever runs it. Thread-safe; whoever loaded it closes it. */
public interface Predictor extends AutoCloseable {
  /** What runs a model. */
  enum Engine {
    /** ONNX Runtime in this process: several calls at once, and some take microseconds. */
    ONNX,
    /** A Python process of its own, which makes one call at a time. */
    PYTHON
  }

  Engine engine();

  Signature signature();

  /** The protections that it lacks, each with what that means. */
  List<String> missing();

  /** Rows with the answers of the library that trained it, where it has some. */
  Optional<Golden> golden();

  /**
   * Answers with the outputs named, in the model's order; with all where none is named. Inputs that
   * do not fit the signature are refused.
   */
  List<Tensor> run(List<Tensor> inputs, Set<String> outputs);

  /** Why it cannot answer now, though it is loaded. */
  Optional<String> obstacle();

  @Override
  void close();
}
