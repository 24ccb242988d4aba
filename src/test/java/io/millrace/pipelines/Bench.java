package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.definitions.Definitions;
import io.millrace.definitions.ProjectFiles;
import io.millrace.governance.Secrets;
import io.millrace.metadata.ExecutionId;
import io.millrace.metadata.ExecutionState;
import io.millrace.metadata.Metadata;
import io.millrace.training.GridSearch;
import io.millrace.training.RandomSearch;
import io.millrace.training.TreeParzen;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The engine on a real database and store, with components whose doings a test can see and direct.
 */
final class Bench implements AutoCloseable {
  static final Duration LONG = Duration.ofSeconds(30);

  final Path folder;
  final Database database;
  final Artifacts artifacts;
  final Metadata metadata;
  final Secrets secrets;
  final List<String> worked = java.util.Collections.synchronizedList(new ArrayList<>());
  final Set<String> flags = ConcurrentHashMap.newKeySet();
  final CountDownLatch held = new CountDownLatch(1);
  final CountDownLatch release = new CountDownLatch(1);
  final CyclicBarrier meeting = new CyclicBarrier(2);
  final AtomicBoolean told = new AtomicBoolean();
  final ConcurrentLinkedQueue<String> noted = new ConcurrentLinkedQueue<>();

  /** What the attempts of a step of test/flaky throw, one after the other. */
  final Map<String, ConcurrentLinkedQueue<RuntimeException>> failing = new ConcurrentHashMap<>();

  String program = "program-1";
  Capacities capacities = Capacities.ofMachine();
  Pipelines pipelines;
  Definitions definitions;

  Bench(Path folder) {
    this.folder = folder;
    database = Database.open(folder.resolve("millrace.db"));
    artifacts = new Artifacts(folder.resolve("artifacts"));
    metadata = new Metadata(database, Clock.systemUTC());
    secrets = new Secrets(database, folder.resolve("secrets.key"), null, Clock.systemUTC());
    reopen();
  }

  /**
   * Another engine on the same data folder, as after a restart, which takes up what was running;
   * the one before is not told.
   */
  void reopen() {
    pipelines =
        new Pipelines(
            database,
            artifacts,
            metadata,
            List.of(
                new NoopComponent(),
                new ValueComponent(),
                new Make(),
                new Mix(),
                new Fail(),
                new Flaky(),
                new Hold(),
                new Meet(),
                new Flag(),
                new Gate()),
            List.of(new Flags()),
            new RunTracker() {
              @Override
              public RunLog open(String pipeline, String run, String step) {
                return new Notes(step);
              }

              @Override
              public RunLog reopen(String pipeline, String run, String step) {
                noted.add(step + " reopened");
                return new Notes(step);
              }
            },
            program,
            folder.resolve("work"),
            new Commands(runner(), () -> "http://127.0.0.1:9", secrets, capacities),
            List.of(new RandomSearch(), new GridSearch(), new TreeParzen()),
            Clock.systemUTC());
    pipelines.takeUp();
    definitions =
        new Definitions(
            database,
            metadata,
            List.of(pipelines.componentKind(), pipelines.kind()),
            Clock.systemUTC());
  }

  RunLog notes(String step) {
    return new Notes(step);
  }

  /** As another server on the same folder would have. */
  Runner runner() {
    return new ProcessRunner(Pipelines.attempts(folder.resolve("work")));
  }

  void apply(String... pathsAndTexts) {
    definitions.apply(files(pathsAndTexts));
  }

  static ProjectFiles files(String... pathsAndTexts) {
    var texts = new TreeMap<String, String>();
    texts.put("millrace.yaml", "name: test\n");
    for (int i = 0; i < pathsAndTexts.length; i += 2)
      texts.put(pathsAndTexts[i], pathsAndTexts[i + 1]);
    return new ProjectFiles("test", texts, new TreeMap<>());
  }

  PipelineRun run(String pipeline, String... params) {
    return pipelines.await(start(pipeline, params).id(), LONG);
  }

  PipelineRun start(String pipeline, String... params) {
    var given = new HashMap<String, JsonNode>();
    for (int i = 0; i < params.length; i += 2)
      given.put(params[i], TextNode.valueOf(params[i + 1]));
    return pipelines.start(pipeline, given, true);
  }

  /** The attempts of that step fail with these, before one succeeds. */
  void fail(String step, RuntimeException... with) {
    failing.put(step, new ConcurrentLinkedQueue<>(List.of(with)));
  }

  /** The run, once that step is in that state. */
  PipelineRun await(String run, String step, StepState state) {
    long deadline = System.nanoTime() + LONG.toNanos();
    long after = 0;
    while (System.nanoTime() < deadline) {
      var found = pipelines.run(run);
      if (found.step(step).state() == state) return found;
      var events = pipelines.events(run, after, Duration.ofMillis(200)).events();
      if (!events.isEmpty()) after = events.getLast().seq();
    }
    throw new AssertionError(
        "step %s is not %s: %s".formatted(step, state, states(pipelines.run(run))));
  }

  /** As "failed ran". */
  static String attempts(StepRun step) {
    return String.join(" ", step.attempts().stream().map(a -> a.state().text()).toList());
  }

  /** As "a=ran b=cached". */
  static String states(PipelineRun run) {
    return String.join(
        " ", run.steps().stream().map(s -> s.name() + "=" + s.state().text()).toList());
  }

  static boolean isWell(ExecutionState state) {
    return state == ExecutionState.COMPLETE || state == ExecutionState.CACHED;
  }

  @Override
  public void close() {
    release.countDown();
    pipelines.close();
    database.close();
  }

  private Digest blob(String text) {
    return artifacts.put(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Result reports(String name, Digest digest) {
    return new Result(
        Map.of(name, new ArtifactRef(ValueType.REPORT, digest)), Map.of(), List.of(), summary());
  }

  /** Facts in an order that is no other. */
  private static Map<String, JsonNode> summary() {
    var facts = new LinkedHashMap<String, JsonNode>();
    for (var fact : List.of("rows", "bytes", "nulls", "auc", "zeros"))
      facts.put(fact, Json.tree(1));
    return facts;
  }

  private abstract class Fake implements Component {
    @Override
    public String meaning() {
      return "A fake.";
    }

    @Override
    public List<Output> outputs() {
      return List.of(
          new Output("report", ValueType.REPORT, "a blob"),
          new Output("text", ValueType.TEXT, "a text"));
    }

    @Override
    public final Result run(Task task) throws Exception {
      worked.add(task.stepId());
      return work(task);
    }

    abstract Result work(Task task) throws Exception;
  }

  /** A blob of the text, cut to its first letters, or of a file. */
  private final class Make extends Fake {
    @Override
    public String name() {
      return "test/make";
    }

    @Override
    public List<Input> inputs() {
      return List.of(
          Input.optional("text", ValueType.TEXT, "the text"),
          Input.optional("file", ValueType.FILE, "the file"),
          new Input(
              "letters", ValueType.INTEGER, false, Json.tree(1000), "how many letters of it"));
    }

    @Override
    Result work(Task task) {
      var text =
          task.value("file") == null
              ? task.values().getOrDefault("text", Json.tree("none")).asText()
              : task.file("file");
      int letters = task.values().getOrDefault("letters", Json.tree(0)).asInt();
      task.log("made " + text);
      task.run().param("text", text);
      return reports("report", blob(text.substring(0, Math.min(letters, text.length()))));
    }
  }

  /** A blob of what two reports hold. */
  private final class Mix extends Fake {
    @Override
    public String name() {
      return "test/mix";
    }

    @Override
    public List<Input> inputs() {
      return List.of(
          Input.required("first", ValueType.REPORT, "a report"),
              Input.optional("second", ValueType.REPORT, "a report"),
          Input.optional("third", ValueType.REPORT, "a report"),
              Input.optional("salt", ValueType.TEXT, "any text"));
    }

    @Override
    Result work(Task task) {
      var all = new TreeMap<>(task.artifacts());
      return reports(
          "report",
          blob(
              "mix "
                  + all.values().stream().map(r -> r.digest().brief()).toList()
                  + task.value("salt")));
    }
  }

  private final class Fail extends Fake {
    @Override
    public String name() {
      return "test/fail";
    }

    @Override
    public List<Input> inputs() {
      return List.of();
    }

    @Override
    Result work(Task task) {
      throw new io.millrace.base.InvalidInput("the milk is sour; buy new milk");
    }
  }

  /** Fails as the test says, else makes a report. */
  private final class Flaky extends Fake {
    @Override
    public String name() {
      return "test/flaky";
    }

    @Override
    public List<Input> inputs() {
      return List.of(
          Input.optional("after", ValueType.REPORT, "a report"),
          Input.optional("text", ValueType.TEXT, "any text"));
    }

    @Override
    Result work(Task task) {
      task.log("tried");
      task.run().param("tried", "yes");
      var next = failing.getOrDefault(task.stepId(), new ConcurrentLinkedQueue<>()).poll();
      if (next != null) throw next;
      return reports("report", blob("flaky " + task.stepId() + task.value("text")));
    }
  }

  /** Says that it holds, and goes on only when released; interruptible. */
  private final class Hold extends Fake {
    @Override
    public String name() {
      return "test/hold";
    }

    @Override
    public List<Input> inputs() {
      return List.of(Input.optional("after", ValueType.REPORT, "a report"));
    }

    @Override
    Result work(Task task) throws Exception {
      task.onCancel(() -> told.set(true));
      Files.writeString(task.folder().resolve("scratch"), "x");
      task.progress("holding", 0.5);
      held.countDown();
      release.await();
      return reports("report", blob("held"));
    }
  }

  /** Ends only if another of its kind works at the same time. */
  private final class Meet extends Fake {
    @Override
    public String name() {
      return "test/meet";
    }

    @Override
    public List<Input> inputs() {
      return List.of(Input.required("who", ValueType.TEXT, "a name"));
    }

    @Override
    Result work(Task task) throws Exception {
      meeting.await(20, TimeUnit.SECONDS);
      return reports("report", blob("met"));
    }
  }

  /** Raises a flag, as an effect. */
  private final class Flag extends Fake {
    @Override
    public String name() {
      return "test/flag";
    }

    @Override
    public List<Input> inputs() {
      return List.of(Input.required("name", ValueType.TEXT, "the flag"));
    }

    @Override
    Result work(Task task) {
      var name = task.values().getOrDefault("name", Json.tree("")).asText();
      return new Result(
          Map.of(),
          Map.of(),
          List.of(new Effect("flag", Json.object().put("name", name))),
          Map.of());
    }
  }

  private final class Gate extends Fake {
    @Override
    public String name() {
      return "test/gate";
    }

    @Override
    public List<Input> inputs() {
      return List.of(Input.required("pass", ValueType.BOOLEAN, "whether it lets pass"));
    }

    @Override
    public List<Output> outputs() {
      return List.of(new Output("pass", ValueType.BOOLEAN, "whether it let pass"));
    }

    @Override
    Result work(Task task) {
      var pass = task.values().getOrDefault("pass", Json.tree(false));
      return new Result(
          Map.of(),
          Map.of("pass", pass),
          List.of(),
          pass.asBoolean() ? Map.of() : Map.of("outcome", Json.tree("kept champion")));
    }
  }

  private final class Flags implements EffectOwner {
    @Override
    public String kind() {
      return "flag";
    }

    private static String name(Effect effect) {
      return effect.content().path("name").asText();
    }

    @Override
    public Optional<Map<String, JsonNode>> stands(Snapshot snapshot, Effect effect) {
      return flags.contains(name(effect))
          ? Optional.of(Map.of("text", Json.tree("up " + name(effect))))
          : Optional.empty();
    }

    @Override
    public Object prepare(Effect effect) {
      return name(effect);
    }

    @Override
    public Map<String, JsonNode> apply(
        Transaction tx, Effect effect, Object prepared, ExecutionId execution) {
      if (prepared.equals("broken"))
        throw new io.millrace.base.Refused("the flag is broken; mend it");
      tx.afterCommit(() -> flags.add(name(effect)));
      return Map.of("text", Json.tree("up " + name(effect)));
    }
  }

  private final class Notes implements RunLog {
    private final String step;

    Notes(String step) {
      this.step = step;
    }

    @Override
    public String id() {
      return "run-of-" + step;
    }

    @Override
    public void param(String name, String value) {
      noted.add(step + " " + name + "=" + value);
    }

    @Override
    public void metric(String name, double value, long at) {
      noted.add(step + " " + name);
    }

    @Override
    public void close(boolean succeeded) {
      noted.add(step + " closed " + succeeded);
    }
  }
}
