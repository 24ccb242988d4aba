package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Database;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.data.DatasetKind;
import io.millrace.data.Datasets;
import io.millrace.data.QueryComponent;
import io.millrace.data.SourceOptions;
import io.millrace.data.SplitComponent;
import io.millrace.data.ValidateComponent;
import io.millrace.definitions.Definitions;
import io.millrace.definitions.ProjectFiles;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.ExecutionId;
import io.millrace.metadata.Metadata;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A small project of real data steps on a real database, with what looks back and ahead. */
final class PlanBench implements AutoCloseable {
  static final String PIPELINE =
      """
      name: small
      description: people and their cities
      params:
        least:  { type: integer, default: 30 }
        seed:   { type: integer, default: 7 }
        unused: { type: text, default: nothing }
        on:     { type: boolean, default: true }
      steps:
        adults: { uses: data/query, with: { sql: queries/adults.sql, datasets: [people], values: { least: "${{ params.least }}" } } }
        names:  { uses: data/query, with: { sql: queries/names.sql, datasets: [people] } }
        cities: { uses: data/query, with: { sql: queries/cities.sql, datasets: [cities] } }
        check:  { uses: data/validate, with: { data: "${{ steps.adults.outputs.data }}", contract: contracts/adults.yaml } }
        split:  { uses: data/split, with: { data: "${{ steps.check.outputs.data }}", by: hash, column: id, test: 0.5, seed: 3 } }
        seed:   { uses: core/value, with: { value: "${{ params.seed }}" } }
        parity: { uses: core/value, with: { value: "${{ steps.seed.outputs.value % 2 }}" } }
        label:  { uses: core/value, with: { value: "${{ steps.parity.outputs.value + 10 }}" } }
        gate:   { uses: core/value, with: { value: "${{ params.on }}" } }
        extra:  { if: "${{ steps.gate.outputs.value }}", uses: core/value, with: { value: more } }
        after:  { uses: core/value, needs: [extra], with: { value: last } }
        publish: { uses: test/publish, with: { data: "${{ steps.split.outputs.train }}" } }
      """;

  static final String PEOPLE =
      "id,name,age,city\n1,Ada,36,1\n2,Bob,19,2\n3,Cy,52,1\n4,Dee,41,2\n5,Eve,33,1\n6,Fay,64,2\n";
  static final String CITIES = "id,city\n1,Oslo\n2,Rome\n";

  final Database database;
  final Artifacts artifacts;
  final Metadata metadata;
  final Datasets datasets;
  final Pipelines pipelines;
  final Definitions definitions;
  final Explanations explanations;
  final Plans plans;

  PlanBench(Path folder) {
    this(folder, "program-1");
  }

  PlanBench(Path folder, String program) {
    var clock = Clock.systemUTC();
    database = Database.open(folder.resolve("millrace.db"));
    artifacts = new Artifacts(folder.resolve("artifacts"));
    metadata = new Metadata(database, clock);
    datasets = new Datasets(database, artifacts, metadata, folder.resolve("scratch"), clock);
    pipelines =
        new Pipelines(
            database,
            artifacts,
            metadata,
            List.of(
                new NoopComponent(),
                new ValueComponent(),
                new QueryComponent(datasets),
                new ValidateComponent(datasets),
                new SplitComponent(datasets),
                new Publish()),
            List.of(new Publishing(metadata)),
            (_, _, _) -> new Quiet(),
            program,
            folder.resolve("work"),
            new Commands(new ProcessRunner(Pipelines.attempts(folder.resolve("work"))), () -> ""),
            List.of(),
            clock);
    var kind = new DatasetKind(datasets);
    definitions =
        new Definitions(
            database, metadata, List.of(kind, pipelines.componentKind(), pipelines.kind()), clock);
    explanations = new Explanations(pipelines);
    plans =
        new Plans(
            pipelines,
            kind,
            (_, model) ->
                model.equals("people")
                    ? List.of(new ModelUsers.Use("front", "people/1", 1))
                    : List.of());
  }

  static TreeMap<String, String> texts() {
    var texts = new TreeMap<String, String>();
    texts.put(
        "millrace.yaml",
        """
        name: town
        owners: [ana@example.org]
        kpis:
          retention: { definition: people who stay, direction: up, target: 0.9 }
        """);
    texts.put("pipelines/small.yaml", PIPELINE);
    texts.put("queries/adults.sql", "select id, age, city from people where age >= $least");
    texts.put("queries/names.sql", "select id, name from people");
    texts.put("queries/cities.sql", "select * from cities");
    texts.put("queries/idle.sql", "select 1 as one");
    texts.put("contracts/adults.yaml", "columns:\n  age: { type: integer, min: 0 }\n");
    return texts;
  }

  static ProjectFiles files(SortedMap<String, String> texts) {
    return new ProjectFiles("town", texts, new TreeMap<>());
  }

  void register(String name, String csv) {
    var blob = artifacts.put(csv.getBytes(StandardCharsets.UTF_8));
    datasets.register(name, new TreeMap<>(Map.of(name + ".csv", blob)), SourceOptions.DEFAULT);
  }

  PipelineRun run() {
    return run(Map.of());
  }

  PipelineRun run(Map<String, JsonNode> params) {
    return pipelines.await(pipelines.start("small", params, true).id(), Bench.LONG);
  }

  PipelineRun run(String pipeline) {
    return pipelines.await(pipelines.start(pipeline, Map.of(), true).id(), Bench.LONG);
  }

  /** What is planned of one of several pipelines. */
  Map<Verdict, Set<String>> plannedOf(SortedMap<String, String> texts, String pipeline) {
    return byVerdict(
        plans.plan(files(texts)).stream()
            .filter(p -> p.pipeline().equals(pipeline))
            .findFirst()
            .orElseThrow()
            .steps());
  }

  Map<Verdict, Set<String>> planned(SortedMap<String, String> texts) {
    return byVerdict(plans.plan(files(texts)).getFirst().steps());
  }

  static Map<Verdict, Set<String>> byVerdict(List<StepPlan> steps) {
    return grouped(steps, StepPlan::verdict, StepPlan::step);
  }

  static Map<StepState, Set<String>> byState(PipelineRun run) {
    return grouped(run.steps(), StepRun::state, StepRun::name);
  }

  private static <T, K> Map<K, Set<String>> grouped(
      List<T> all, Function<T, K> key, Function<T, String> name) {
    return all.stream()
        .collect(
            Collectors.groupingBy(
                key, Collectors.mapping(name, Collectors.toCollection(TreeSet::new))));
  }

  static Set<String> union(Map<Verdict, Set<String>> planned, Verdict... verdicts) {
    var all = new HashSet<String>();
    for (var verdict : verdicts) all.addAll(planned.getOrDefault(verdict, Set.of()));
    return all;
  }

  @Override
  public void close() {
    pipelines.close();
    database.close();
  }

  private static final class Quiet implements RunLog {
    @Override
    public String id() {
      return "quiet";
    }

    @Override
    public void param(String name, String value) {}

    @Override
    public void metric(String name, double value, long at) {}

    @Override
    public void close(boolean succeeded) {}
  }

  /** Stands for training and registering: its data becomes the next version of model people. */
  private static final class Publish implements Component {
    @Override
    public String name() {
      return "test/publish";
    }

    @Override
    public String meaning() {
      return "Publishes.";
    }

    @Override
    public List<Input> inputs() {
      return List.of(Input.required("data", ValueType.DATASET, "the rows"));
    }

    @Override
    public List<Output> outputs() {
      return List.of(new Output("version", ValueType.TEXT, "the version"));
    }

    @Override
    public boolean hasEffects() {
      return true;
    }

    @Override
    public Result run(Task task) {
      var digest = task.artifacts().values().iterator().next().digest();
      var content = Json.object().put("digest", digest.hex());
      return new Result(Map.of(), Map.of(), List.of(new Effect("publish", content)), Map.of());
    }
  }

  private static final class Publishing implements EffectOwner {
    private final Metadata metadata;
    private final Map<String, String> versions = new ConcurrentHashMap<>();

    Publishing(Metadata metadata) {
      this.metadata = metadata;
    }

    @Override
    public String kind() {
      return "publish";
    }

    @Override
    public Optional<Map<String, JsonNode>> stands(Snapshot snapshot, Effect effect) {
      return Optional.ofNullable(versions.get(effect.content().path("digest").asText()))
          .map(version -> Map.of("version", Json.tree(version)));
    }

    @Override
    public Object prepare(Effect effect) {
      return effect;
    }

    @Override
    public Map<String, JsonNode> apply(
        Transaction tx, Effect effect, Object prepared, ExecutionId execution) {
      var version = "people/" + (versions.size() + 1);
      metadata.output(
          tx,
          execution,
          metadata.artifact(
              tx,
              ArtifactType.MODEL_VERSION,
              null,
              version,
              Json.object().put("model", "people").put("number", versions.size() + 1)),
          "version");
      tx.afterCommit(() -> versions.put(effect.content().path("digest").asText(), version));
      return Map.of("version", Json.tree(version));
    }
  }
}
