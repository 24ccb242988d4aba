package io.millrace.models;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.Unavailable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;

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

  /** Of the package, or of the folder that MLflow wrote. */
  Digest digest();

  Signature signature();

  /** Whether it takes times as texts in that input, not as seconds since 1970. */
  default boolean dated(String input) {
    return engine() == Engine.PYTHON
        && signature().findInput(input).filter(f -> f.datatype() == DataType.BYTES).isPresent();
  }

  /** What it was made from; empty where nobody said so. */
  JsonNode lock();

  /** The column that it predicts, where the lock says so. */
  default Optional<String> label() {
    return Optional.ofNullable(lock().get("label")).map(JsonNode::asText);
  }

  /** The protections that it lacks, each with what that means. */
  List<String> missing();

  /** Rows with the answers of the library that trained it, where it has some. */
  Optional<Golden> golden();

  /**
   * Answers with the outputs named, in the model's order; with all where none is named. Inputs that
   * do not fit the signature are refused.
   */
  List<Tensor> run(List<Tensor> inputs, Set<String> outputs);

  /** How many rows of a table it is asked about at once. */
  int batch();

  /**
   * Answers the rows of a table, given as columns ({@link Feed}), batch by batch; every output of
   * the result has one entry per row in its first dimension. CancellationException if the thread is
   * interrupted, since many rows take long.
   */
  default Map<String, Tensor> answer(Map<String, ?> columns) {
    int rows = Feed.rows(columns);
    var parts = new LinkedHashMap<String, List<Tensor>>();
    try {
      for (int from = 0; from == 0 || from < rows; from += batch()) {
        if (Thread.currentThread().isInterrupted()) throw new CancellationException("cancelled");
        var inputs = Feed.tensors(signature(), columns, from, Math.min(rows, from + batch()));
        for (var output : run(inputs, Set.of()))
          parts.computeIfAbsent(output.name(), _ -> new ArrayList<>()).add(output);
      }
    } catch (Unavailable e) {
      throw unlessCancelled(e);
    }
    var answers = new LinkedHashMap<String, Tensor>();
    parts.forEach((name, tensors) -> answers.put(name, Feed.joined(tensors)));
    return answers;
  }

  /** One who waits for a process and is interrupted meanwhile is told so as of any failure. */
  static RuntimeException unlessCancelled(Unavailable failure) {
    return Thread.currentThread().isInterrupted()
        ? new CancellationException("cancelled")
        : failure;
  }

  /** Why it cannot answer now, though it is loaded. */
  Optional<String> obstacle();

  @Override
  void close();
}
