package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.definitions.Yaml;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.Metadata;
import io.millrace.pipelines.PipelinePlan.Touched;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What stands on the results of steps: models, the endpoints that serve them, KPIs, owners. */
final class Reach {
  private static final String PROJECT_FILE = "millrace.yaml";

  private final Metadata metadata;
  private final ModelUsers users;
  private final Snapshot snapshot;

  Reach(Metadata metadata, ModelUsers users, Snapshot snapshot) {
    this.metadata = metadata;
    this.users = users;
    this.snapshot = snapshot;
  }

  /**
   * Empty where no step may run.
   *
   * @param texts the project's files
   */
  List<Touched> of(String pipeline, List<StepPlan> steps, Map<String, String> texts) {
    var touched = new LinkedHashMap<String, Touched>();
    var made = metadata.made(snapshot, "pipeline", pipeline, ArtifactType.MODEL_VERSION);
    List<String> longest = List.of();
    boolean any = false;
    for (var step : steps) {
      if (!step.verdict().mayRun()) continue;
      if (!any) longest = with(step.because(), doing(step));
      any = true;
      for (var version : made) {
        if (!Instances.step(version.execution()).equals(pipeline + "." + step.step())) continue;
        var model = version.artifact().properties().path("model").asText();
        if (touched.containsKey("model " + model)) continue;
        var because = with(with(step.because(), doing(step)), "model " + model);
        longest = because;
        touched.put(
            "model " + model,
            new Touched(
                "model", version.artifact().name(), null, "made by " + step.step(), because));
        for (var use : users.of(snapshot, model)) {
          longest = with(because, "endpoint " + use.endpoint());
          touched.put(
              "endpoint " + use.endpoint(),
              new Touched(
                  "endpoint", use.endpoint(), use.share(), "serves " + use.version(), longest));
        }
      }
    }
    var all = new ArrayList<>(touched.values());
    if (any) people(texts, longest, all);
    return all;
  }

  private static String doing(StepPlan step) {
    return step.step() + (step.verdict() == Verdict.MUST_RUN ? " runs" : " may run");
  }

  private static void people(
      Map<String, String> texts, List<String> because, List<Touched> touched) {
    var text = texts.get(PROJECT_FILE);
    JsonNode project = text == null ? Json.object() : Yaml.read(PROJECT_FILE, text).json();
    project
        .path("kpis")
        .properties()
        .forEach(kpi ->
            touched.add(
                new Touched(
                    "kpi",
                    kpi.getKey(),
                    null,
                    detail(kpi.getValue()),
                    with(because, "KPI " + kpi.getKey()))));
    for (var owner : project.path("owners"))
      touched.add(
          new Touched(
              "owner",
              owner.asText(),
              null,
              "owns project " + project.path("name").asText(),
              because));
  }

  private static String detail(JsonNode kpi) {
    var parts = new ArrayList<String>();
    parts.add(kpi.path("definition").asText());
    for (var key : List.of("direction", "target", "owner"))
      if (kpi.has(key)) parts.add(key + " " + kpi.path(key).asText());
    return String.join(", ", parts);
  }

  private static List<String> with(List<String> because, String last) {
    var all = new ArrayList<>(because);
    all.add(last);
    return all;
  }
}
