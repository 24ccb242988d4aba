package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One attempt of one step, as its component sees it. Thread-safe. */
final class Attempt implements Task {
  /** Progress is shown at most this often, since each showing is a durable event. */
  private static final long SHORTEST_NANOS = Duration.ofMillis(500).toNanos();

  private final String run;
  private final String step;
  private final Given given;
  private final Map<String, ArtifactRef> pins;
  private final Path folder;
  private final StepLog log;
  private final BiConsumer<String, Double> progress;
  private final Supplier<RunLog> tracker;
  private final List<Runnable> onCancel = new ArrayList<>();
  private @Nullable RunLog tracked;
  private boolean cancelled;
  private boolean ended;
  private long shown = Long.MIN_VALUE;

  Attempt(
      String run,
      String step,
      Given given,
      Map<String, ArtifactRef> pins,
      Path folder,
      StepLog log,
      BiConsumer<String, Double> progress,
      Supplier<RunLog> tracker) {
    this.run = run;
    this.step = step;
    this.given = given;
    this.pins = Map.copyOf(pins);
    this.folder = folder;
    this.log = log;
    this.progress = progress;
    this.tracker = tracker;
  }

  @Override
  public String runId() {
    return run;
  }

  @Override
  public String stepId() {
    return step;
  }

  @Override
  public Map<String, JsonNode> values() {
    return Map.copyOf(given.values());
  }

  @Override
  public Map<String, ArtifactRef> artifacts() {
    return Map.copyOf(given.artifacts());
  }

  @Override
  public Map<String, ArtifactRef> pins() {
    return pins;
  }

  @Override
  public String file(String input) {
    return given.file(input);
  }

  /** Made when it is asked for: most steps that do little need none. */
  @Override
  public Path folder() {
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void log(String line) {
    log.line(line);
  }

  @Override
  public void progress(String doing, double share) {
    synchronized (this) {
      long now = System.nanoTime();
      if (cancelled || ended || shown != Long.MIN_VALUE && now - shown < SHORTEST_NANOS) return;
      shown = now;
    }
    progress.accept(doing, share);
  }

  @Override
  public synchronized RunLog run() {
    if (ended) throw new IllegalStateException("the attempt has ended");
    if (tracked == null) tracked = tracker.get();
    return tracked;
  }

  @Override
  public void onCancel(Runnable action) {
    synchronized (this) {
      if (!cancelled) {
        onCancel.add(action);
        return;
      }
    }
    action.run();
  }

  @Override
  public synchronized boolean cancelled() {
    return cancelled;
  }

  void cancel() {
    List<Runnable> actions;
    synchronized (this) {
      if (cancelled) return;
      cancelled = true;
      actions = List.copyOf(onCancel);
      onCancel.clear();
    }
    actions.forEach(Runnable::run);
  }

  /** Closes what it opened. What a component that does not stop still does has no effect. */
  void end(boolean succeeded) {
    @Nullable RunLog open;
    synchronized (this) {
      if (ended) return;
      ended = true;
      open = tracked;
    }
    if (open != null) open.close(succeeded);
  }
}
