package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Conflict;
import io.millrace.base.Digest;
import io.millrace.base.Failure;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.definitions.ProjectTexts;
import io.millrace.pipelines.Reproduction.Likeness;
import io.millrace.pipelines.Reproduction.Output;
import io.millrace.pipelines.Reproduction.Redone;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Does the steps of a run again from their keys, which hold all that went into them. An input that
 * another of these steps made is what that step makes now; everything else is what it was. Used
 * once, by one thread.
 */
final class StepReplay {
  private static final long LONGEST_REPORT = 64L << 20;

  private final Engine engine;
  private final PipelineRun run;
  private final String target;
  private final ProjectTexts projects = new ProjectTexts();
  private final PipelineStore pipelines = new PipelineStore();
  private final Map<ArtifactRef, ArtifactRef> made = new HashMap<>();
  private final Map<String, Redone> redone = new LinkedHashMap<>();
  private final LinkedHashSet<String> notes = new LinkedHashSet<>();

  StepReplay(Engine engine, PipelineRun run, String target) {
    this.engine = engine;
    this.run = run;
    this.target = target;
  }

  Reproduction replay() throws Exception {
    for (var need : step(target).needs()) redo(run.step(need));
    return new Reproduction(run.id(), target, List.copyOf(redone.values()), List.copyOf(notes));
  }

  /** The step or instance of that name. */
  private StepRun step(String name) {
    return engine
        .database
        .read(s -> engine.steps.find(s, run.id(), name))
        .orElseThrow(() -> new NotFound("step of run " + run.id(), name));
  }

  private void redo(StepRun step) throws Exception {
    if (redone.containsKey(step.name()) || !step.state().isDone()) return;
    for (var need : step.needs()) redo(run.step(need));
    if (step.instances() == null) redoOne(step);
    else if (step.summary() != null && step.summary().has(Trials.BEST_TRIAL))
      // Of a search others read what its best trial gave, and nothing else.
      redoOne(step(Instances.name(step.name(), step.summary().path(Trials.BEST_TRIAL).asInt())));
    else redoAll(step, step.instances().count());
  }

  /** What others read of the instances is what they give now, put together again. */
  private void redoAll(StepRun step, int count) throws Exception {
    var declared = new LinkedHashMap<String, ValueType>();
    var each = new ArrayList<Outputs>();
    for (int i = 0; i < count; i++) {
      var one = step(Instances.name(step.name(), i));
      if (one.state().isDone()) redoOne(one);
      var gave = one.outputs() == null ? Json.object() : one.outputs();
      var now = new TreeMap<String, ArtifactRef>();
      refs(gave).forEach((name, ref) -> now.put(name, made.getOrDefault(ref, ref)));
      now.forEach((name, ref) -> declared.put(name, ref.type()));
      each.add(new Outputs(now, Map.of()));
    }
    var outputs =
        declared.entrySet().stream()
            .map(o -> new Component.Output(o.getKey(), o.getValue(), ""))
            .toList();
    var together = Gathered.of(engine.artifacts, outputs, each, true);
    refs(step.outputs() == null ? Json.object() : step.outputs())
        .forEach((name, was) -> {
          var is = together.artifacts().get(name);
          if (is != null) made.put(was, is);
        });
  }

  private void redoOne(StepRun step) throws Exception {
    if (redone.containsKey(step.name())) return;
    var parts = step.keyParts();
    if (parts == null)
      throw new Conflict(
          "cannot do step %s of run %s again: it had no key, so what went into it is not known"
              .formatted(step.name(), run.id()));
    var component = component(step, parts);
    long began = System.nanoTime();
    var result = work(step, component, parts);
    redone.put(step.name(), compare(step, result, (System.nanoTime() - began) / 1e9));
  }

  private Component component(StepRun step, JsonNode parts) {
    var name = parts.path("component").asText();
    if (name.isEmpty()) return command(step, parts);
    var program = parts.path("program").asText();
    if (!program.equals(engine.program))
      notes.add(
          "the program was another: %s, now %s".formatted(brief(program), brief(engine.program)));
    return engine.catalog.own().stream()
        .filter(own -> own.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new Conflict(
                "cannot do step %s again: there is no component %s any more"
                    .formatted(step.name(), name)));
  }

  /** A command is not kept but in its pipeline, which must still say the same of it. */
  private Component command(StepRun step, JsonNode parts) {
    return engine.database.read(s -> {
      var row = pipelines.find(s, run.pipeline());
      var pipeline =
          row.map(r -> Composition.read(r.path(), r.text(), projects.of(s, r.project())));
      return pipeline
          .flatMap(p -> Optional.ofNullable(p.steps().get(Instances.step(step.name()))))
          .map(definition ->
              engine
                  .catalog
                  .bound(pipeline.get(), projects.of(s, row.get().project()))
                  .component(definition))
          .filter(now -> now.identity().filter(parts.path("program")::equals).isPresent())
          .orElseThrow(() ->
              new Conflict(
                  "cannot do step %s again: its command is another now; put it back as it was and apply the project"
                      .formatted(step.name())));
    });
  }

  private static String brief(String digest) {
    return digest.substring(0, Math.min(12, digest.length()));
  }

  private Result work(StepRun step, Component component, JsonNode parts) throws Exception {
    var given = given(step, parts);
    var pins = refs(parts.path("pins"));
    pins.forEach((role, ref) -> whole(step, role, ref));
    var claim =
        engine.capacity.take(
            Capacity.who("replay-" + run.id(), step.name()),
            engine.capacities().wanted(Resources.NONE));
    var folder =
        engine.attempts().resolve("replay-" + run.id()).resolve(Instances.plain(step.name()));
    try (var log = new StepLog(folder.resolveSibling(step.name() + ".log"), engine.clock)) {
      claim.granted().join();
      Files.createDirectories(folder);
      var attempt =
          new Attempt(run.id(), step.name(), given, pins, folder, log, (_, _) -> {}, NoRunLog::new);
      return component.run(attempt);
    } finally {
      engine.capacity.give(claim);
      Folders.delete(engine.attempts().resolve("replay-" + run.id()));
    }
  }

  private Given given(StepRun step, JsonNode parts) {
    var values = new TreeMap<String, JsonNode>();
    parts.path("values").properties().forEach(v -> values.put(v.getKey(), v.getValue()));
    var files = new TreeMap<String, String>();
    for (var file : parts.path("files").properties()) {
      var digest = new Digest(file.getValue().asText());
      var text = engine.database.read(s -> projects.find(s, digest));
      files.put(
          file.getKey(),
          text.orElseThrow(() ->
              new Conflict(
                  "cannot do step %s again: no project has its file \"%s\" as it was then (%s); put it back and apply the project"
                      .formatted(step.name(), file.getKey(), digest.brief()))));
    }
    var artifacts = new TreeMap<String, ArtifactRef>();
    refs(parts.path("artifacts"))
        .forEach((name, then) -> {
          var now = made.getOrDefault(then, then);
          whole(step, name, now);
          artifacts.put(name, now);
        });
    return new Given(values, artifacts, new TreeMap<>(), files);
  }

  private void whole(StepRun step, String name, ArtifactRef ref) {
    if (!engine.cache.isWhole(ref))
      throw new Conflict(
          "cannot do step %s again: its %s %s is not whole in the store any more"
              .formatted(step.name(), name, ref.digest().brief()));
  }

  private static Map<String, ArtifactRef> refs(JsonNode object) {
    var refs = new TreeMap<String, ArtifactRef>();
    object
        .properties()
        .forEach(e -> {
          var type = e.getValue().path("type").asText();
          if (!e.getValue().path("digest").isTextual()) return;
          refs.put(
              e.getKey(),
              new ArtifactRef(
                  ValueType.valueOf(type), new Digest(e.getValue().path("digest").asText())));
        });
    return refs;
  }

  /** Of the outputs that the work itself gives; those of effects are left out. */
  private Redone compare(StepRun step, Result result, double seconds) {
    var then = step.outputs() == null ? Json.object() : step.outputs();
    var now = json(result);
    var differing = new ArrayList<Output>();
    var likeness = Likeness.BIT_EQUAL;
    for (var output : then.properties()) {
      var name = output.getKey();
      var was = output.getValue();
      var is = now.get(name);
      if (is == null && !was.path("digest").isTextual() && !result.effects().isEmpty()) continue;
      remember(was, is);
      if (is != null && Json.canonical(was).equals(Json.canonical(is))) continue;
      var worst = is == null || !isReport(was) ? null : worst(was, is);
      differing.add(new Output(name, was, is, worst));
      boolean near = worst != null && worst <= Reproductions.TOLERANCE;
      likeness =
          near && likeness != Likeness.DIFFERENT ? Likeness.METRIC_EQUAL : Likeness.DIFFERENT;
    }
    for (var output : now.properties()) {
      if (then.has(output.getKey())) continue;
      differing.add(new Output(output.getKey(), null, output.getValue(), null));
      likeness = Likeness.DIFFERENT;
    }
    return new Redone(step.name(), likeness, seconds, differing);
  }

  private void remember(JsonNode was, @Nullable JsonNode is) {
    if (is == null || !was.path("digest").isTextual() || !is.path("digest").isTextual()) return;
    var pair = Json.object();
    pair.set("was", was);
    pair.set("is", is);
    var refs = refs(pair);
    var before = refs.get("was");
    var after = refs.get("is");
    if (before != null && after != null) made.put(before, after);
  }

  private static boolean isReport(JsonNode ref) {
    return ref.path("type").asText().equals(ValueType.REPORT.name());
  }

  private static ObjectNode json(Result result) {
    var json = Json.object();
    ArtifactRef.write(result.artifacts(), json);
    json.setAll(result.values());
    return json;
  }

  /** The greatest relative difference of two metrics; null where they cannot be compared. */
  private @Nullable Double worst(JsonNode was, JsonNode is) {
    var then = metrics(was);
    var now = metrics(is);
    if (then == null || now == null || then.size() != now.size() || then.isEmpty()) return null;
    double worst = 0;
    for (var metric : then.properties()) {
      var other = now.path(metric.getKey());
      if (metric.getValue().equals(other)) continue;
      if (!metric.getValue().isNumber() || !other.isNumber()) return null;
      double a = metric.getValue().doubleValue();
      double b = other.doubleValue();
      worst = Math.max(worst, Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b)));
    }
    return worst;
  }

  private @Nullable JsonNode metrics(JsonNode ref) {
    try {
      var bytes = engine.artifacts.bytes(new Digest(ref.path("digest").asText()), LONGEST_REPORT);
      return Json.parse(new String(bytes, StandardCharsets.UTF_8)).path("metrics");
    } catch (Failure e) {
      return null;
    }
  }

  /** What a step notes while it is done again goes nowhere. */
  private static final class NoRunLog implements RunLog {
    @Override
    public String id() {
      return "";
    }

    @Override
    public void param(String name, String value) {}

    @Override
    public void metric(String name, double value, long step) {}

    @Override
    public void close(boolean succeeded) {}
  }
}
