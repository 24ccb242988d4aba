package io.millrace.serving;

import io.millrace.base.InvalidInput;
import io.millrace.models.LoadedModel;
import io.millrace.models.OnnxSession;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A loaded model at an endpoint, counting who uses it: after a swap it is closed when the last
 * request under way has its answer. Thread-safe.
 */
final class ServedModel {
  private final Deployment deployment;
  private final LoadedModel model;
  private final AtomicInteger holders = new AtomicInteger(1);

  ServedModel(Deployment deployment, LoadedModel model) {
    this.deployment = deployment;
    this.model = model;
  }

  Deployment deployment() {
    return deployment;
  }

  /** Empty if it was retired meanwhile. */
  Optional<Lease> lease() {
    int before = holders.getAndUpdate(count -> count == 0 ? 0 : count + 1);
    return before == 0 ? Optional.empty() : Optional.of(new Use());
  }

  /** Takes it out of service; to be called once. */
  void retire() {
    release();
  }

  private void release() {
    if (holders.decrementAndGet() == 0) model.close();
  }

  private final class Use implements Lease {
    @Override
    public Deployment deployment() {
      return deployment;
    }

    @Override
    public Signature signature() {
      return model.signature();
    }

    @Override
    public List<String> missing() {
      return model.missing();
    }

    @Override
    public List<Tensor> run(List<Tensor> inputs, Set<String> outputs) {
      try {
        return model.run(inputs, outputs);
      } catch (InvalidInput e) {
        var message = String.valueOf(e.getMessage());
        if (!message.startsWith(OnnxSession.REFUSED)) throw e;
        throw new InvalidInput("%s: %s".formatted(deployment.version(), message));
      }
    }

    @Override
    public void close() {
      release();
    }
  }
}
