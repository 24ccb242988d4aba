package io.millrace.models;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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

  @Override
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

  @Override
  public JsonNode lock() {
    return contents.lock();
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

  @Override
  public int batch() {
    return BATCH;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) onClose.run();
  }
}
