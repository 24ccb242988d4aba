package io.millrace.training;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.pipelines.ArtifactRef;
import io.millrace.pipelines.RunLog;
import io.millrace.pipelines.Task;
import io.millrace.pipelines.ValueType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** A step's task in a folder of its own; keeps what it is told. */
final class FakeTask implements Task {
  final List<String> lines = new ArrayList<>();
  final List<String> doings = new ArrayList<>();
  final Map<String, String> params = new ConcurrentHashMap<>();
  final Map<String, Double> metrics = new ConcurrentHashMap<>();
  Consumer<String> onProgress = doing -> {};
  private final Path folder;
  private final Digest data;
  private final Map<String, JsonNode> values = new HashMap<>();
  private final List<Runnable> actions = new ArrayList<>();
  private boolean cancelled;

  FakeTask(Path below, Digest data, String values) {
    try {
      folder = Files.createTempDirectory(Files.createDirectories(below), "task ");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.data = data;
    Json.parse(values).properties().forEach(one -> this.values.put(one.getKey(), one.getValue()));
  }

  synchronized void cancel() {
    cancelled = true;
    actions.forEach(Runnable::run);
  }

  @Override
  public String runId() {
    return "run";
  }

  @Override
  public String stepId() {
    return "train";
  }

  @Override
  public Map<String, JsonNode> values() {
    return values;
  }

  @Override
  public Map<String, ArtifactRef> artifacts() {
    return Map.of("data", new ArtifactRef(ValueType.DATASET, data));
  }

  @Override
  public Map<String, ArtifactRef> pins() {
    return Map.of();
  }

  @Override
  public String file(String input) {
    throw new IllegalStateException(input);
  }

  @Override
  public Path folder() {
    return folder;
  }

  @Override
  public void log(String line) {
    lines.add(line);
  }

  @Override
  public void progress(String doing, double share) {
    doings.add(doing);
    onProgress.accept(doing);
  }

  @Override
  public RunLog run() {
    return new RunLog() {
      @Override
      public String id() {
        return "run";
      }

      @Override
      public void param(String name, String value) {
        params.put(name, value);
      }

      @Override
      public void metric(String name, double value, long step) {
        metrics.put(name + "@" + step, value);
      }

      @Override
      public void close(boolean succeeded) {}
    };
  }

  @Override
  public synchronized void onCancel(Runnable action) {
    actions.add(action);
    if (cancelled) action.run();
  }

  @Override
  public synchronized boolean cancelled() {
    return cancelled;
  }
}
