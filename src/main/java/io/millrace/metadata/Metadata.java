package io.millrace.metadata;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.artifacts.References;
import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.time.Clock;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The graph of everything: what was made, by what, from what. Rooms write into it in the
 * transaction that also holds the state it describes. Thread-safe.
 */
public final class Metadata implements References {
  /** The greatest depth of a lineage question. */
  public static final int DEEPEST = 100;

  /** The most edges of a lineage that is told with all it connects. */
  public static final int MOST_EDGES = 100_000;

  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");
  private static final Pattern DIGEST_START = Pattern.compile("[0-9a-f]{8,64}");

  private final Database database;
  private final Clock clock;
  private final GraphStore graph = new GraphStore();
  private final LineageStore walks = new LineageStore();
  private final LineageIndex index = new LineageIndex(walks, LineageIndex.MOST_EDGES);

  public Metadata(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /**
   * Finds or makes the artifact with this type, digest and name; properties are kept from the first
   * time.
   */
  public ArtifactId artifact(
      Transaction tx,
      ArtifactType type,
      @Nullable Digest digest,
      String name,
      JsonNode properties) {
    return graph
        .find(tx, type, digest, name)
        .map(Artifact::id)
        .orElseGet(() -> graph.insert(tx, type, digest, name, object(properties), clock.instant()));
  }

  /** Notes that something began. */
  public ExecutionId begin(Transaction tx, String kind, String name, JsonNode properties) {
    return graph.insert(tx, kind, name, object(properties), clock.instant());
  }

  /**
   * Notes how it ended; the properties are added to those it began with. Conflict if it had ended
   * before.
   */
  public void end(Transaction tx, ExecutionId id, ExecutionState state, JsonNode properties) {
    if (state == ExecutionState.RUNNING)
      throw new IllegalArgumentException("an execution does not end as RUNNING");
    var more = object(properties);
    if (more.isEmpty() && graph.replaceState(tx, id, state, clock.instant())) return;
    var before = execution(tx, id);
    var all = object(before.properties()).deepCopy();
    all.setAll(more);
    if (!graph.replaceState(tx, id, state, all, clock.instant())) {
      throw new Conflict("execution %s has already ended as %s".formatted(id, before.state()));
    }
  }

  /** Notes that the execution read the artifact, as its role. */
  public void input(Transaction tx, ExecutionId execution, ArtifactId artifact, String role) {
    graph.insertEvent(tx, execution, artifact, Lineage.Side.INPUT, role, clock.instant());
  }

  /** Notes that the execution made the artifact, as its role. */
  public void output(Transaction tx, ExecutionId execution, ArtifactId artifact, String role) {
    graph.insertEvent(tx, execution, artifact, Lineage.Side.OUTPUT, role, clock.instant());
  }

  /** Finds or makes what others are attached to, such as a pipeline run or a project. */
  public ContextId context(Transaction tx, String kind, String name) {
    return graph.findOrInsert(tx, kind, name, clock.instant());
  }

  public void attach(Transaction tx, ContextId context, ExecutionId execution) {
    graph.attach(tx, context, execution);
  }

  public void attach(Transaction tx, ContextId context, ArtifactId artifact) {
    graph.attach(tx, context, artifact);
  }

  public Artifact artifact(Snapshot s, ArtifactId id) {
    return graph.find(s, id).orElseThrow(() -> new NotFound("artifact", id));
  }

  public Execution execution(Snapshot s, ExecutionId id) {
    return graph.find(s, id).orElseThrow(() -> new NotFound("execution", id));
  }

  /** What was done in a context, in the order it began; empty for a context that does not exist. */
  public List<Execution> executions(Snapshot s, String contextKind, String contextName) {
    return graph.executions(s, contextKind, contextName);
  }

  /** An artifact, and the name of the execution that made it. */
  public record Made(String execution, Artifact artifact) {}

  /** What was made in a context, the last made first; of that type. */
  public List<Made> made(Snapshot s, String contextKind, String contextName, ArtifactType type) {
    return graph.made(s, contextKind, contextName, type);
  }

  /** All artifacts with that content, the oldest first. */
  public List<Artifact> find(Snapshot s, Digest digest) {
    return graph.list(s, digest);
  }

  /** The newest artifact of that type and name. */
  public Optional<Artifact> named(Snapshot s, ArtifactType type, String name) {
    return graph.newest(s, type, name);
  }

  /**
   * The artifact that a person means: by its number, by its digest or the first 8 or more digits of
   * one, or by its name, such as flight-delay/1 (the newest of that name, model versions first).
   */
  public ArtifactId resolve(Snapshot s, String text) {
    if (NUMBER.matcher(text).matches()) {
      var byNumber = graph.find(s, new ArtifactId(Long.parseLong(text)));
      if (byNumber.isPresent()) return byNumber.get().id();
    }
    if (DIGEST_START.matcher(text).matches()) {
      var digests = graph.digestsStarting(s, text, 3);
      if (digests.size() > 1)
        throw new InvalidInput(
            "digest",
            text,
            "more digits: several begin so, as %s and %s"
                .formatted(digests.get(0), digests.get(1)));
      if (digests.size() == 1) return graph.list(s, digests.getFirst()).getFirst().id();
    }
    var named = graph.list(s, text);
    return named.stream()
        .filter(a -> a.type() == ArtifactType.MODEL_VERSION)
        .findFirst()
        .or(() -> named.stream().findFirst())
        .map(Artifact::id)
        .orElseThrow(() ->
            new NotFound(
                "artifact",
                text,
                "expected its number, its digest (8 digits or more), or a name such as flight-delay/1"));
  }

  /**
   * What it was made from (UP), what was made from it (DOWN), or both, within depth executions.
   * InvalidInput where that is more than an answer holds.
   */
  public Lineage lineage(Snapshot s, ArtifactId id, Direction direction, int depth) {
    var reached = reached(s, id, direction, depth);
    var ids = reached.ids();
    if (ids.edges() > MOST_EDGES)
      throw new InvalidInput(
          "the lineage of %s within %d levels has %,d edges, more than the %,d of an answer: ask for fewer levels (depth), or for the ids alone (ids=true)"
              .formatted(id, depth, ids.edges(), MOST_EDGES));
    return new Lineage(
        id,
        walks.artifacts(s, ids.artifacts()),
        walks.executions(s, ids.executions()),
        reached.edges().get());
  }

  /** As lineage, by numbers alone and without a limit. */
  public LineageIds lineageIds(Snapshot s, ArtifactId id, Direction direction, int depth) {
    return reached(s, id, direction, depth).ids();
  }

  private Reached reached(Snapshot s, ArtifactId id, Direction direction, int depth) {
    if (depth < 0 || depth > DEEPEST)
      throw new InvalidInput("depth", depth, "0 to %d".formatted(DEEPEST));
    artifact(s, id);
    return index
        .reached(s, id, direction, depth)
        .orElseGet(() -> Reached.of(id, walks.edges(s, id, direction, depth)));
  }

  /** What an execution read and made; the root is the first of these. */
  public Lineage around(Snapshot s, ExecutionId id) {
    var edges = walks.edges(s, id);
    var artifacts = edges.stream().map(Lineage.Edge::artifact).distinct().toList();
    var root = artifacts.isEmpty() ? new ArtifactId(0) : artifacts.getFirst();
    return new Lineage(root, walks.artifacts(s, artifacts), List.of(execution(s, id)), edges);
  }

  /** As lineage, on a view of its own, of what the text means to {@link #resolve}. */
  public Lineage lineage(String text, Direction direction, int depth) {
    return database.read(s -> lineage(s, resolve(s, text), direction, depth));
  }

  /** As lineageIds, on a view of its own. */
  public LineageIds lineageIds(String text, Direction direction, int depth) {
    return database.read(s -> lineageIds(s, resolve(s, text), direction, depth));
  }

  /** As artifact, on a view of its own. */
  public Artifact artifact(String text) {
    return database.read(s -> artifact(s, resolve(s, text)));
  }

  /** The content of every artifact whose type says that it lies in the artifact store. */
  @Override
  public Collection<Digest> held(Snapshot s) {
    var types = Arrays.stream(ArtifactType.values()).filter(ArtifactType::isStored).toList();
    return graph.digestsOf(s, types);
  }

  private static ObjectNode object(JsonNode properties) {
    if (properties.isNull()) return Json.object();
    if (properties instanceof ObjectNode object) return object;
    throw new IllegalArgumentException(
        "properties must be an object, not " + properties.getNodeType());
  }
}
