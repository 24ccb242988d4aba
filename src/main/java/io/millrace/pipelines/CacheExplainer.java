package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.Snapshot;
import io.millrace.metadata.Artifact;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.Metadata;
import io.millrace.pipelines.StepExplanation.Cache;
import io.millrace.pipelines.StepExplanation.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Tells from what is written of a run why each step was a hit or a miss. */
final class CacheExplainer {
  private final Metadata metadata;
  private final StepHistoryStore history;
  private final Snapshot snapshot;
  private final Function<String, @Nullable String> uncached;

  CacheExplainer(Metadata metadata, StepHistoryStore history, Snapshot snapshot) {
    this(metadata, history, snapshot, _ -> null);
  }

  /**
   * @param uncached why a step is never taken from the cache, by its name; null where it may be
   */
  CacheExplainer(
      Metadata metadata,
      StepHistoryStore history,
      Snapshot snapshot,
      Function<String, @Nullable String> uncached) {
    this.metadata = metadata;
    this.history = history;
    this.snapshot = snapshot;
    this.uncached = uncached;
  }

  StepExplanation explain(PipelineRun run, StepRun step) {
    var key = step.key();
    var parts = step.keyParts();
    if (step.instances() != null) return ofInstances(step, step.instances());
    if (key == null || parts == null) return none(step);
    var origin = origin(run, step, key);
    if (origin.isPresent()) {
      var from = origin.get();
      var redone =
          step.state() == StepState.RAN ? "; an effect of it was gone and was made true again" : "";
      return new StepExplanation(
          step.name(),
          step.uses(),
          step.state(),
          Cache.HIT,
          from,
          null,
          List.of(),
          "the result of step %s in run %s%s".formatted(from.step(), from.run(), redone));
    }
    return miss(run, step, key, parts);
  }

  /** Each instance has a key of its own. */
  private static StepExplanation ofInstances(StepRun step, Instances instances) {
    var cache =
        !step.state().isDone()
            ? Cache.NONE
            : instances.in(StepState.RAN) > 0 ? Cache.MISS : Cache.HIT;
    return new StepExplanation(
        step.name(),
        step.uses(),
        step.state(),
        cache,
        null,
        null,
        List.of(),
        step.error() == null ? instances.text() : step.error());
  }

  private static StepExplanation none(StepRun step) {
    var reason =
        step.error() != null
            ? step.error()
            : switch (step.state()) {
              case WAITING -> "it has not begun";
              case RUNNING, RAN, FAILED, CANCELLED, INTERRUPTED, CACHED, SKIPPED ->
                  "it has no key: see its warning in the run's events";
            };
    return new StepExplanation(
        step.name(), step.uses(), step.state(), Cache.NONE, null, null, List.of(), reason);
  }

  /** Whose result the step took. */
  private Optional<Origin> origin(PipelineRun run, StepRun step, Digest key) {
    var began = step.startedAt();
    if (began == null) return Optional.empty();
    var now = history.maker(snapshot, key);
    boolean own =
        now.filter(m -> m.run().equals(run.id()) && m.step().equals(step.name())).isPresent();
    return switch (step.state()) {
      case CACHED ->
          now.filter(m -> !own && !m.at().isAfter(began))
              .or(() -> history.makerBefore(snapshot, key, began))
              .map(CacheExplainer::origin);
      case RAN ->
          history.settings(snapshot, run.id()).cache()
              ? now.filter(m -> !own && !m.at().isAfter(began)).map(CacheExplainer::origin)
              : Optional.empty();
      case WAITING, RUNNING, SKIPPED, FAILED, CANCELLED, INTERRUPTED -> Optional.empty();
    };
  }

  private static Origin origin(StepHistoryStore.Maker maker) {
    return new Origin(maker.run(), maker.step());
  }

  private StepExplanation miss(PipelineRun run, StepRun step, Digest key, JsonNode parts) {
    var before = history.latestBefore(snapshot, run, step.name());
    var changes =
        before
            .map(past -> named(KeyChange.between(past.parts(), parts), run, step))
            .orElse(List.of());
    return new StepExplanation(
        step.name(),
        step.uses(),
        step.state(),
        step.state() == StepState.CACHED ? Cache.HIT : Cache.MISS,
        null,
        before.map(StepHistoryStore.Past::run).orElse(null),
        changes,
        reason(run, step, key, before.orElse(null), changes));
  }

  private String reason(
      PipelineRun run,
      StepRun step,
      Digest key,
      StepHistoryStore.@Nullable Past before,
      List<KeyChange> changes) {
    if (step.state() == StepState.CACHED)
      return "the result of an earlier step of the same key, which another has replaced since";
    var never = uncached.apply(step.name());
    if (never != null) return never;
    var off =
        history.settings(snapshot, run.id()).cache() ? "" : "the run was told to use no cache; ";
    if (before == null) return off + "no earlier run of this pipeline came to this step";
    if (!changes.isEmpty())
      return off + String.join("; ", changes.stream().map(KeyChange::text).toList());
    if (!off.isEmpty()) return off + "its key is that of run " + before.run();
    return "its key %s is that of run %s, where it was %s: %s"
        .formatted(
            key.brief(),
            before.run(),
            before.state().text(),
            before.state().isDone()
                ? "what it made was not whole in the store any more"
                : "nothing was kept of it");
  }

  /** With what people call the things: paths, versions, the outputs that made them. */
  List<KeyChange> named(
      List<KeyChange> changes, @Nullable PipelineRun run, @Nullable StepRun step) {
    var named = new ArrayList<KeyChange>();
    for (var change : changes) {
      named.add(
          switch (change.part()) {
            case "file" -> change.knownAs(names(change, ArtifactType.DEFINITION, ""));
            case "pin" -> change.knownAs(versions(change));
            case "artifact" ->
                run == null || step == null ? change : change.knownAs(maker(change, run, step));
            default -> change;
          });
    }
    return named;
  }

  private String versions(KeyChange change) {
    var start = change.name() + "/";
    var datasets = names(change, ArtifactType.DATASET_VERSION, start);
    return datasets.isEmpty() ? names(change, ArtifactType.MODEL_VERSION, "") : datasets;
  }

  /** The name before, and the one after where it is another. */
  private String names(KeyChange change, ArtifactType type, String start) {
    var before = name(change.before(), type, start);
    var after = name(change.after(), type, start);
    if (before.isEmpty() || after.isEmpty() || before.equals(after))
      return before.isEmpty() ? after : before;
    return before + " -> " + after;
  }

  private String name(@Nullable JsonNode value, ArtifactType type, String start) {
    if (value == null) return "";
    var hex = value.isTextual() ? value.textValue() : value.path("digest").asText();
    return metadata.find(snapshot, new Digest(hex)).stream()
        .filter(a -> a.type() == type && a.name().startsWith(start))
        .map(Artifact::name)
        .findFirst()
        .orElse("");
  }

  /** The output of the run that the artifact is. */
  private static String maker(KeyChange change, PipelineRun run, StepRun step) {
    var after = change.after();
    if (after == null) return "";
    for (var need : step.needs()) {
      for (var other : run.steps()) {
        var outputs = other.outputs();
        if (!other.name().equals(need) || outputs == null) continue;
        for (var output : outputs.properties())
          if (output.getValue().equals(after)) return "made by " + need + "." + output.getKey();
      }
    }
    return "";
  }
}
