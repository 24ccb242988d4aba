package io.millrace.models;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A model package that answers. Others may hold the same package; its session is closed with the
 * last of them. Thread-safe.
 */
public final class LoadedModel implements Predictor {
  /** Rows answered at once: small enough that a batch stays in the processor's caches. */
  private static final int BATCH = 256;

  private final ModelPackage contents;
  private final OnnxSession session;
  private final Runnable onClose;
  private final AtomicBoolean closed = new AtomicBoolean();

  LoadedModel(ModelPackage contents, OnnxSession session, Runnable onClose) {
    this.contents = contents;
    this.session = session;
    this.onClose = onClose;
  }

  public Digest digest() {
    return contents.digest();
  }

  public ModelPackage contents() {
    return contents;
  }

  @Override
  public Engine engine() {
    return Engine.ONNX;
  }

  @Override
  public Optional<Golden> golden() {
    return Optional.ofNullable(contents.golden());
  }

  @Override
  public Optional<String> obstacle() {
    return Optional.empty();
  }

  @Override
  public Signature signature() {
    return contents.signature();
  }

  public JsonNode lock() {
    return contents.lock();
  }

  /** The column that it predicts, where the lock says so. */
  public Optional<String> label() {
    return contents.label();
  }

  @Override
  public List<String> missing() {
    return contents.missing();
  }

  /** Answers with all outputs. Inputs that do not fit the signature are refused. */
  public List<Tensor> run(List<Tensor> inputs) {
    return run(inputs, Set.of());
  }

  @Override
  public List<Tensor> run(List<Tensor> inputs, Set<String> outputs) {
    if (closed.get()) throw new IllegalStateException("the model is closed");
    return session.run(inputs, outputs);
  }

  /**
   * Answers the rows of a table, given as columns ({@link Feed}), batch by batch; every output of
   * the result has one entry per row in its first dimension. CancellationException if the thread is
   * interrupted, since many rows take long.
   */
  public Map<String, Tensor> answer(Map<String, ?> columns) {
    int rows = Feed.rows(columns);
    var parts = new LinkedHashMap<String, List<Tensor>>();
    for (int from = 0; from == 0 || from < rows; from += BATCH) {
      if (Thread.currentThread().isInterrupted()) throw new CancellationException("cancelled");
      for (var output :
          run(Feed.tensors(signature(), columns, from, Math.min(rows, from + BATCH)))) {
        parts.computeIfAbsent(output.name(), _ -> new ArrayList<>()).add(output);
      }
    }
    var answers = new LinkedHashMap<String, Tensor>();
    parts.forEach((name, tensors) -> answers.put(name, Feed.joined(tensors)));
    return answers;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) onClose.run();
  }
}
