package io.millrace.serving;

import io.millrace.base.InvalidInput;
import io.millrace.base.Unavailable;
import io.millrace.models.OnnxSession;
import io.millrace.models.Predictor;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A loaded model at an endpoint with the line before it, counting who uses it: after a swap it is
 * closed when the last request under way has its answer. Thread-safe.
 */
final class ServedModel {
  private final Deployment deployment;
  private final Readied readied;
  private final Predictor model;
  private final EndpointSettings settings;
  private final EndpointMeters meters;
  private final Batcher batcher;
  private final AtomicInteger holders = new AtomicInteger(1);

  ServedModel(Deployment deployment, Readied readied, EndpointMeters meters, Crew crew) {
    this.deployment = deployment;
    this.readied = readied;
    this.model = readied.model();
    // A Python process makes one call at a time.
    this.settings =
        model.engine() == Predictor.Engine.PYTHON
            ? readied.settings().oneCall()
            : readied.settings();
    this.meters = meters;
    this.batcher =
        new Batcher(deployment.endpoint(), this::answer, settings, readied.warmUp(), meters, crew);
  }

  Deployment deployment() {
    return deployment;
  }

  @Nullable Features features() {
    return readied.features();
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

  private List<Tensor> answer(List<Tensor> inputs, Set<String> outputs) {
    try {
      return model.run(inputs, outputs);
    } catch (InvalidInput e) {
      var message = String.valueOf(e.getMessage());
      if (!message.startsWith(OnnxSession.REFUSED)) throw e;
      throw new InvalidInput("%s: %s".formatted(deployment.version(), message));
    } catch (Unavailable e) {
      throw new Unavailable("%s: %s".formatted(deployment.version(), e.getMessage()));
    }
  }

  private final class Use implements Lease {
    private final long arrived = System.nanoTime();
    private boolean asked;
    private boolean answered;
    private @Nullable Pending pending;

    @Override
    public Deployment deployment() {
      return deployment;
    }

    @Override
    public Signature signature() {
      return model.signature();
    }

    @Override
    public @Nullable Features features() {
      return readied.features();
    }

    @Override
    public Predictor.Engine engine() {
      return model.engine();
    }

    @Override
    public Optional<String> obstacle() {
      return model.obstacle();
    }

    @Override
    public List<String> missing() {
      return model.missing();
    }

    @Override
    public Serving serving() {
      return new Serving(
          settings.json(),
          readied.json(),
          batcher.rowCost().toNanos() / 1e3,
          batcher.mostRows(),
          batcher.apart().orElse(null));
    }

    @Override
    public CompletableFuture<List<Tensor>> submit(
        List<Tensor> inputs, Set<String> outputs, @Nullable Duration timeout) {
      try {
        model.signature().check(inputs);
        outputs.forEach(model.signature()::output);
      } catch (InvalidInput e) {
        unreadable();
        return CompletableFuture.failedFuture(e);
      }
      asked = true;
      pending = new Pending(inputs, outputs, arrived, arrived + allowed(timeout).toNanos());
      return batcher.submit(pending);
    }

    @Override
    public Duration allowed(@Nullable Duration timeout) {
      var most = settings.timeout();
      return timeout == null || timeout.compareTo(most) > 0 ? most : timeout;
    }

    @Override
    public long waitedNanos() {
      return pending == null ? 0 : pending.begun - pending.submitted;
    }

    @Override
    public void unreadable() {
      meters.refused(System.nanoTime() - arrived);
    }

    @Override
    public void answered(long readNanos, long writtenNanos) {
      answered = true;
      meters.answered(readNanos, writtenNanos);
    }

    @Override
    public void close() {
      if (asked) meters.took(System.nanoTime() - arrived, answered);
      release();
    }
  }
}
