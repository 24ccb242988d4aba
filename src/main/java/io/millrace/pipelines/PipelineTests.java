package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Cel;
import io.millrace.base.Conflict;
import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.definitions.ProjectFiles;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tests of pipelines as their files declare them: a run on samples, of files that need not be
 * applied. It has a part of the cache of its own, does nothing that has effects, and starts nothing
 * else. Thread-safe.
 */
public final class PipelineTests {
  /** What a test's run has behind its pipeline's name, which no name can have. */
  static final String SUFFIX = " (test)";

  /** The part of the cache that tests have. */
  static final String SPACE = "test";

  private static final Pattern VALUE =
      Pattern.compile(
          "(?<![A-Za-z0-9_.])(steps\\s*\\.\\s*[A-Za-z_]\\w*\\s*\\.\\s*(?:state|(?:outputs|summary)\\s*\\.\\s*[A-Za-z_]\\w*)|params\\s*\\.\\s*[A-Za-z_]\\w*)");

  private final Pipelines pipelines;
  private final Engine engine;
  private final Sampler sampler;

  public PipelineTests(Pipelines pipelines, Sampler sampler) {
    this.pipelines = pipelines;
    this.engine = pipelines.engine();
    this.sampler = sampler;
  }

  /**
   * The test of a pipeline.
   *
   * @param run null where it declares none
   */
  public record Started(String pipeline, @Nullable String run) {}

  /** Begins the tests of all pipelines of these files, or of one of them. */
  public List<Started> start(ProjectFiles files, @Nullable String only) {
    var found = new TreeMap<String, PipelineDefinition>();
    files
        .texts()
        .forEach((path, text) -> {
          if (!path.startsWith("pipelines/") || !path.endsWith(".yaml")) return;
          var pipeline = Composition.read(path, files.texts());
          PipelineChecker.checkAll(engine.catalog, pipeline, files.texts());
          found.put(pipeline.name(), pipeline);
        });
    if (only != null && !found.containsKey(only))
      throw new NotFound(
          "no pipeline \"%s\"%s"
              .formatted(only, io.millrace.base.Names.suggestion(only, found.keySet())));
    var started = new ArrayList<Started>();
    for (var pipeline : found.values()) {
      if (only != null && !only.equals(pipeline.name())) continue;
      var test = pipeline.test();
      started.add(
          new Started(pipeline.name(), test == null ? null : start(pipeline, test, files).id()));
    }
    if (started.stream().allMatch(s -> s.run() == null))
      throw new InvalidInput(
          "no pipeline here declares a test; add  test: { expect: [...] }  to one");
    return started;
  }

  private PipelineRun start(PipelineDefinition pipeline, TestDefinition test, ProjectFiles files) {
    var samples = new HashMap<String, ArtifactRef>();
    test.samples()
        .forEach((dataset, drawn) -> {
          try {
            samples.put(dataset, sampler.sample(dataset, drawn.sample(dataset, files.texts())));
          } catch (Failure e) {
            throw drawn.place().invalid("sample of %s: %s".formatted(dataset, e.getMessage()));
          }
        });
    return pipelines.startTest(pipeline, files, test.params(), samples);
  }

  /**
   * How a test went.
   *
   * @param passed null until it has ended
   */
  public record Outcome(
      String pipeline,
      String run,
      RunState state,
      @Nullable Boolean passed,
      @Nullable String error,
      List<Checked> expectations) {}

  /**
   * An expectation and what came of it.
   *
   * @param place FILE:LINE:COLUMN
   * @param values what it speaks of, by path
   * @param error why it has no value
   */
  public record Checked(
      String place,
      String expression,
      boolean passed,
      Map<String, JsonNode> values,
      @Nullable String error) {}

  public Outcome outcome(String id) {
    var row =
        engine
            .database
            .read(s -> engine.runs.row(s, id))
            .orElseThrow(() -> new NotFound("pipeline run", id));
    if (!isTest(row.pipeline())) throw new Conflict("run %s is no test".formatted(id));
    var run = pipelines.run(id);
    var name = row.pipeline().substring(0, row.pipeline().length() - SUFFIX.length());
    if (!run.state().isFinal())
      return new Outcome(name, id, run.state(), null, run.error(), List.of());
    var test = definition(row);
    var variables = variables(run);
    var checked = new ArrayList<Checked>();
    for (var expectation : test.expectations()) checked.add(check(expectation, variables));
    boolean passed =
        run.state() == RunState.SUCCEEDED && checked.stream().allMatch(Checked::passed);
    return new Outcome(name, id, run.state(), passed, run.error(), checked);
  }

  /** A component that has effects must say so, or a test would have them. */
  static void refuseEffects(Component component, Result result) {
    if (!result.effects().isEmpty())
      throw new IllegalStateException(
          "%s asks for effects and does not say so".formatted(component.name()));
  }

  static boolean isTest(String name) {
    return name.endsWith(SUFFIX);
  }

  private TestDefinition definition(RunStore.Row row) {
    var path = row.terms().path();
    var files = row.terms().files();
    if (path == null || files == null) throw new IllegalStateException("a test keeps its files");
    var texts = engine.database.read(s -> engine.files.texts(s, files)).orElseThrow();
    var test = PipelineParser.parse(path, texts.getOrDefault(path, "")).test();
    if (test == null) throw new IllegalStateException("a test is declared in its file");
    return test;
  }

  private static Map<String, Object> variables(PipelineRun run) {
    var steps = new HashMap<String, Object>();
    for (var step : run.steps()) {
      var facts = Json.object().put("state", step.state().text());
      var outputs = facts.putObject("outputs");
      if (step.outputs() != null)
        step.outputs().properties().forEach(e -> outputs.set(e.getKey(), e.getValue()));
      facts.set("summary", step.summary() == null ? Json.object() : step.summary());
      steps.put(step.name(), CelValues.java(facts));
    }
    return Map.of("steps", steps, "params", CelValues.java(run.params()));
  }

  private static Checked check(
      TestDefinition.Expectation expectation, Map<String, Object> variables) {
    var values = new TreeMap<String, JsonNode>();
    var bare = Expression.LITERAL.matcher(expectation.source()).replaceAll("\"\"");
    var match = VALUE.matcher(bare);
    while (match.find()) {
      var path = match.group(1).replaceAll("\\s", "");
      try {
        values.put(path, CelValues.json(Cel.evaluate(path, variables)));
      } catch (InvalidInput e) {
        // The expectation itself says so.
      }
    }
    var place = expectation.place().place();
    try {
      var value = CelValues.json(Cel.evaluate(expectation.source(), variables));
      var error = value.isBoolean() ? null : "gives %s, expected true or false".formatted(value);
      return new Checked(place, expectation.source(), value.asBoolean(false), values, error);
    } catch (InvalidInput e) {
      var reason = String.join(" ", String.valueOf(e.getMessage()).lines().toList());
      return new Checked(place, expectation.source(), false, values, reason);
    }
  }
}
