import io.millrace.base.Database;
import io.millrace.base.Json;
import io.millrace.base.Transaction;
import io.millrace.metadata.ArtifactId;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.Direction;
import io.millrace.metadata.ExecutionState;
import io.millrace.metadata.Metadata;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * What questions of lineage take in a graph of a million edges: projects of 10,000 nodes each (50
 * layers of 80 executions, one in 40 of which reads widely), all from one dataset. It is written by
 * the metadata room, asked in this process and then of a server on the same data.
 *
 * <p>Options, as --name=value: projects, times, folder.
 */
final class Lineage {
  private static final int LAYERS = 50;
  private static final int WIDTH = 80;
  private static final List<ArtifactType> TYPES =
      List.of(ArtifactType.DATASET, ArtifactType.DATASET, ArtifactType.MODEL, ArtifactType.REPORT);

  /** The nodes that a walk down without an index would find. */
  private static final String PLAIN =
      """
      with recursive reached (artifact) as (
        select cast(:root as bigint)
        union
        select far.artifact from reached
          join lineage_event near on near.artifact = reached.artifact and near.direction = 'INPUT'
          join lineage_event far on far.execution = near.execution and far.direction = 'OUTPUT'
      )
      select count(*) from reached
      """;

  private final List<String> rows = new ArrayList<>();
  private final int projects;
  private final int times;
  private final Path folder;

  private Lineage(int projects, int times, Path folder) {
    this.projects = projects;
    this.times = times;
    this.folder = folder;
  }

  public static void main(String[] arguments) throws Exception {
    var options = Pipelines.options(arguments);
    var folder =
        Files.createTempDirectory(
            Path.of(options.getOrDefault("folder", System.getProperty("java.io.tmpdir"))),
            "millrace-lineage");
    var bench =
        new Lineage(
            Integer.parseInt(options.getOrDefault("projects", "52")),
            Integer.parseInt(options.getOrDefault("times", "15")),
            folder);
    try {
      bench.run();
    } finally {
      Experiments.delete(folder);
    }
  }

  private void run() throws Exception {
    var data = Files.createDirectories(folder.resolve("data"));
    var file = data.resolve("millrace.db");
    try (var database = Database.open(file)) {
      fill(database, new Metadata(database, Clock.systemUTC()));
    }
    try (var database = Database.open(file)) {
      var metadata = new Metadata(database, Clock.systemUTC());
      double first = once(() -> metadata.lineageIds("project-7", Direction.DOWN, 100));
      row("the first question, which reads all edges", "%,.0f ms", first);
      var one = metadata.lineageIds("project-7", Direction.DOWN, 100);
      var all = metadata.lineageIds("source", Direction.DOWN, 100);
      var size = "%,d nodes, %,d edges";
      var part = size.formatted(one.artifacts().size() + one.executions().size(), one.edges());
      var whole = size.formatted(all.artifacts().size() + all.executions().size(), all.edges());
      time("the numbers of " + part, () -> metadata.lineageIds("project-7", Direction.DOWN, 100));
      time(
          "the numbers of what is above the last report of it",
          () -> metadata.lineageIds("project-7.report", Direction.UP, 100));
      time("all of " + part, () -> metadata.lineage("project-7", Direction.DOWN, 100));
      time(
          "the numbers of the whole graph, " + whole,
          () -> metadata.lineageIds("source", Direction.DOWN, 100));
      plain(database, "of the part", one.root());
      plain(database, "of the whole graph", all.root());
    }
    try (var peer = Peer.millrace(data);
        var wire = new Wire(peer.url)) {
      row(
          "REST: the first question",
          "%,.0f ms",
          once(() -> wire.get("/api/v1/lineage/project-7?direction=down&depth=100&ids=true")));
      rest(wire, "the numbers of the part", "project-7?direction=down&depth=100&ids=true");
      rest(wire, "all of the part", "project-7?direction=down&depth=100");
      rest(wire, "the numbers of the whole graph", "source?direction=down&depth=100&ids=true");
      row("REST: resident at the end", "%,.0f MB", peer.resident().getKey() / 1e6);
    }
    System.out.printf("%n| | measured |%n|---|---|%n%s%n", String.join("\n", rows));
  }

  private void row(String what, String format, Object... values) {
    rows.add("| %s | %s |".formatted(what, String.format(Locale.ROOT, format, values)));
    System.out.println(rows.getLast());
  }

  private static double once(Peer.Action action) throws Exception {
    long begin = System.nanoTime();
    action.run();
    return (System.nanoTime() - begin) / 1e6;
  }

  private void time(String what, Peer.Action action) throws Exception {
    row(what, "%,.1f ms", Experiments.median(times, action::run));
  }

  private void rest(Wire wire, String what, String question) throws Exception {
    int length = wire.get("/api/v1/lineage/" + question).length();
    double took = Experiments.median(times, () -> wire.get("/api/v1/lineage/" + question));
    row("REST: " + what, "%,.1f ms, %,.1f MB", took, length / 1e6);
  }

  private void plain(Database database, String what, ArtifactId root) throws Exception {
    double took =
        once(() ->
            database.read(s -> s.query(PLAIN).bind("root", root.value()).mapTo(long.class).one()));
    row("a recursive query " + what + ", artifacts counted", "%,.0f ms", took);
  }

  private void fill(Database database, Metadata metadata) {
    long begin = System.nanoTime();
    var random = new Random(7);
    var source = database.write(tx -> artifact(metadata, tx, ArtifactType.DATASET, "source"));
    for (int p = 0; p < projects; p++) {
      var name = "project-" + p;
      database.writing(tx -> project(metadata, tx, random, source, name));
    }
    long edges =
        database.read(s -> s.query("select count(*) from lineage_event").mapTo(long.class).one());
    row("%,d edges written".formatted(edges), "%,.0f s", (System.nanoTime() - begin) / 1e9);
  }

  private static ArtifactId artifact(
      Metadata metadata, Transaction tx, ArtifactType type, String name) {
    return metadata.artifact(tx, type, null, name, Json.object());
  }

  private static void project(
      Metadata metadata, Transaction tx, Random random, ArtifactId source, String name) {
    var first = artifact(metadata, tx, ArtifactType.DATASET, name);
    execute(metadata, tx, name + ".import", List.of(source), List.of(first));
    var before = List.of(first);
    for (int layer = 0; layer < LAYERS; layer++) {
      var made = new ArrayList<ArtifactId>();
      for (int i = 0; i < WIDTH; i++) {
        int reads = i % 40 == 0 ? 20 : 3;
        var inputs = random.ints(reads, 0, before.size()).distinct().mapToObj(before::get).toList();
        var step = "%s.s%d_%d".formatted(name, layer, i);
        var outputs = new ArrayList<ArtifactId>();
        for (int o = i % 2; o < 2; o++)
          outputs.add(artifact(metadata, tx, TYPES.get(layer % 4), step + "." + o));
        execute(metadata, tx, step, inputs, outputs);
        made.addAll(outputs);
      }
      before = made;
    }
    var report = artifact(metadata, tx, ArtifactType.REPORT, name + ".report");
    execute(metadata, tx, name + ".report", before, List.of(report));
  }

  private static void execute(
      Metadata metadata,
      Transaction tx,
      String name,
      List<ArtifactId> inputs,
      List<ArtifactId> outputs) {
    var properties = Json.tree(Map.of("run", "0123", "step", name, "component", "core/noop"));
    var execution = metadata.begin(tx, "step", name, properties);
    for (var input : inputs) metadata.input(tx, execution, input, "data");
    for (var output : outputs) metadata.output(tx, execution, output, "made");
    metadata.end(tx, execution, ExecutionState.COMPLETE, Json.object());
  }
}
