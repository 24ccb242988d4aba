package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Digest;
import io.millrace.base.Failure;
import io.millrace.base.Json;
import io.millrace.pipelines.RunDifference.Area;
import io.millrace.pipelines.RunDifference.Entry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Sets two pipeline runs beside each other, step by step of equal name. */
final class RunComparer {
  private static final long LONGEST_REPORT = 64L << 20;

  private final Artifacts artifacts;
  private final PipelineRun a;
  private final PipelineRun b;
  private final List<Entry> found = new ArrayList<>();

  RunComparer(Artifacts artifacts, PipelineRun a, PipelineRun b) {
    this.artifacts = artifacts;
    this.a = a;
    this.b = b;
  }

  List<Entry> compare(Digest definitionOfA, Digest definitionOfB) {
    text(Area.CODE, "", "pipeline", a.pipeline(), b.pipeline());
    text(Area.CODE, "", "definition", definitionOfA.hex(), definitionOfB.hex());
    fields(Area.PARAM, "", a.params(), b.params());
    var ofA = steps(a);
    var ofB = steps(b);
    var names = new LinkedHashSet<>(ofA.keySet());
    names.addAll(ofB.keySet());
    for (var name : names) {
      var first = Optional.ofNullable(ofA.get(name));
      var second = Optional.ofNullable(ofB.get(name));
      if (first.isPresent() && second.isPresent()) step(first.get(), second.get());
      else text(Area.STEP, name, "uses", uses(first), uses(second));
    }
    return List.copyOf(found);
  }

  private static Map<String, StepRun> steps(PipelineRun run) {
    var byName = new LinkedHashMap<String, StepRun>();
    run.steps().forEach(step -> byName.put(step.name(), step));
    return byName;
  }

  private static @Nullable String uses(Optional<StepRun> step) {
    return step.map(StepRun::uses).orElse(null);
  }

  private void step(StepRun first, StepRun second) {
    var name = first.name();
    if (first.state().isDone() != second.state().isDone()) {
      text(Area.STEP, name, "state", first.state().text(), second.state().text());
    }
    var before = first.keyParts();
    var after = second.keyParts();
    if (before != null && after != null) {
      for (var change : KeyChange.between(before, after)) {
        var part = change.name().isEmpty() ? change.part() : change.part() + " " + change.name();
        add(area(change), name, part, change.before(), change.after());
      }
    }
    outputs(name, first.outputs(), second.outputs());
  }

  private static Area area(KeyChange change) {
    return switch (change.part()) {
      case "component", "program", "file", "format" -> Area.CODE;
      case "pin" -> {
        var ref = change.after() == null ? change.before() : change.after();
        boolean data = ref != null && ref.path("type").asText().equals(ValueType.DATASET.name());
        yield data ? Area.DATA : Area.KEY;
      }
      default -> Area.KEY;
    };
  }

  private void outputs(String step, @Nullable JsonNode first, @Nullable JsonNode second) {
    var before = first == null ? Json.object() : first;
    var after = second == null ? Json.object() : second;
    var names = new LinkedHashSet<String>();
    before.fieldNames().forEachRemaining(names::add);
    after.fieldNames().forEachRemaining(names::add);
    for (var name : names) {
      var was = before.get(name);
      var is = after.get(name);
      if (was != null && was.equals(is)) continue;
      var type = (is == null ? before.path(name) : is).path("type").asText();
      add(type.equals(ValueType.DATASET.name()) ? Area.DATA : Area.OUTPUT, step, name, was, is);
      if (type.equals(ValueType.REPORT.name()))
        fields(Area.METRIC, step, metrics(was), metrics(is));
    }
  }

  /** The metrics of a report; none of one whose blob is gone or is no JSON. */
  private JsonNode metrics(@Nullable JsonNode ref) {
    if (ref == null) return Json.object();
    try {
      var bytes = artifacts.bytes(new Digest(ref.path("digest").asText()), LONGEST_REPORT);
      var metrics = Json.parse(new String(bytes, StandardCharsets.UTF_8)).path("metrics");
      return metrics.isObject() ? metrics : Json.object();
    } catch (Failure e) {
      return Json.object();
    }
  }

  private void fields(Area area, String step, JsonNode before, JsonNode after) {
    var names = new LinkedHashSet<String>();
    before.fieldNames().forEachRemaining(names::add);
    after.fieldNames().forEachRemaining(names::add);
    for (var name : names) add(area, step, name, before.get(name), after.get(name));
  }

  private void text(
      Area area, String step, String name, @Nullable String before, @Nullable String after) {
    add(
        area,
        step,
        name,
        before == null ? null : TextNode.valueOf(before),
        after == null ? null : TextNode.valueOf(after));
  }

  private void add(
      Area area, String step, String name, @Nullable JsonNode before, @Nullable JsonNode after) {
    if (before == null ? after == null : before.equals(after)) return;
    found.add(new Entry(area, step, name, before, after));
  }
}
