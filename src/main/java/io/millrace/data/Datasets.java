package io.millrace.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.References;
import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Names;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.base.TooLarge;
import io.millrace.base.Transaction;
import io.millrace.base.Unavailable;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.ExecutionId;
import io.millrace.metadata.ExecutionState;
import io.millrace.metadata.Metadata;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Named datasets, their immutable versions, and the engine that reads them. A version is a
 * directory of Parquet files in the artifact store; what was registered before is found again and
 * not made anew. Thread-safe.
 */
public final class Datasets implements References {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  private static final int MOST_FOR_PEOPLE = 2;
  private static final int SECONDS_TO_WAIT = 30;

  /** Of 8 bytes each: 256 MiB, a quarter of the heap that the server starts with. */
  private static final long MOST_NUMBERS = 32L << 20;

  private final Database database;
  private final Artifacts artifacts;
  private final Metadata metadata;
  private final Engines engines;
  private final DatasetEvents events;
  private final Clock clock;
  private final DatasetStore store = new DatasetStore();
  private final Semaphore forPeople = new Semaphore(MOST_FOR_PEOPLE);

  /**
   * @param work a folder for the engines' scratch files; what a killed program left there goes
   */
  public Datasets(
      Database database, Artifacts artifacts, Metadata metadata, Path work, Clock clock) {
    this(database, artifacts, metadata, DatasetEvents.NONE, work, clock);
  }

  /** As the other, with somebody who is told of new versions. */
  public Datasets(
      Database database,
      Artifacts artifacts,
      Metadata metadata,
      DatasetEvents events,
      Path work,
      Clock clock) {
    this.events = events;
    this.database = database;
    this.artifacts = artifacts;
    this.metadata = metadata;
    this.engines = new Engines(new Engine.Settings(List.of(artifacts.root()), work));
    this.clock = clock;
    Engine.clear(work);
  }

  /** What is about to be registered: converted and stored, so that {@link #publish} is quick. */
  public record Prepared(
      String name,
      SortedMap<String, Digest> files,
      Digest source,
      Digest digest,
      long rows,
      long bytes,
      List<Engine.ColumnType> columns) {}

  /** A version, and whether it was made by this call. */
  public record Published(DatasetVersion version, boolean created) {}

  /** Refuses a name that a dataset cannot have. */
  public static String checkName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new InvalidInput(
          "dataset name", name, "1-128 of A-Z a-z 0-9 . _ -, starting with a letter or digit");
    }
    return name;
  }

  /**
   * Reads and converts source files; slow, outside any transaction.
   *
   * @param files blob by path; folders named COLUMN=VALUE give columns
   * @throws InvalidInput naming the file, line and column of what is wrong, and the fix
   */
  public Prepared prepare(String name, SortedMap<String, Digest> files, SourceOptions options) {
    checkName(name);
    var data = Ingest.data(files);
    data.forEach((path, digest) -> {
      if (!artifacts.contains(digest))
        throw new NotFound("blob", digest, "upload %s before it is registered".formatted(path));
    });
    var source = source(data, options);
    var known = database.read(s -> store.findBySource(s, name, source));
    if (known.isPresent() && artifacts.contains(known.get().digest())) {
      var version = known.get();
      return new Prepared(
          name, data, source, version.digest(), version.rows(), version.bytes(), version.columns());
    }
    var ingested = new Ingest(artifacts, engines, new Conversions()).ingest(data, options);
    return new Prepared(
        name,
        data,
        source,
        ingested.manifest(),
        ingested.rows(),
        ingested.bytes(),
        ingested.columns());
  }

  private final class Conversions implements Ingest.Memory {
    @Override
    public Optional<Digest> find(Digest source) {
      return database.read(s -> store.findConverted(s, source));
    }

    @Override
    public void keep(Digest source, Digest parquet) {
      database.writing(tx -> store.insertConverted(tx, source, parquet));
    }
  }

  /** What a version comes from: the files that hold data, and how they are read. */
  static Digest source(SortedMap<String, Digest> files, SourceOptions options) {
    ObjectNode key = options.json();
    key.set("files", Json.tree(Ingest.data(files)));
    return Digest.of(Json.canonical(key));
  }

  /** Whether the current version is what this {@link #source} came to. */
  boolean isCurrent(Snapshot s, String name, Digest source) {
    var known = store.findBySource(s, name, source);
    var current = store.findCurrent(s, name);
    return known.isPresent()
        && current.isPresent()
        && known.get().number() == current.get().number();
  }

  /** Makes what was prepared the current version: a new one, or an earlier one of equal content. */
  public Published publish(Transaction tx, Prepared prepared) {
    return publish(tx, prepared, List.of(), null);
  }

  /**
   * As publish; the broken rules that only warn are kept with the execution.
   *
   * @param asOf when the data were known, for those who are told of the version; null means now
   */
  Published publish(
      Transaction tx, Prepared prepared, List<String> warnings, @Nullable Instant asOf) {
    return publish(tx, prepared, asOf, version -> record(tx, prepared, version, warnings));
  }

  /**
   * As publish.
   *
   * @param record writes a new version into the graph
   */
  Published publish(
      Transaction tx, Prepared prepared, @Nullable Instant asOf, Consumer<DatasetVersion> record) {
    var name = prepared.name();
    var now = clock.instant();
    if (!store.exists(tx, name)) store.insert(tx, name, now);
    var same = store.findByDigest(tx, name, prepared.digest());
    if (same.isPresent()) {
      var current = store.findCurrent(tx, name);
      if (current.isEmpty() || current.get().number() != same.get().number())
        store.replaceCurrent(tx, name, same.get().number(), now);
      return new Published(same.get(), false);
    }
    var version =
        new DatasetVersion(
            name,
            store.newest(tx, name) + 1,
            prepared.digest(),
            prepared.rows(),
            prepared.bytes(),
            prepared.columns(),
            prepared.source(),
            now);
    long before = store.findCurrent(tx, name).map(DatasetVersion::rows).orElse(0L);
    store.insert(tx, version);
    store.replaceCurrent(tx, name, version.number(), now);
    record.accept(version);
    events.versionCreated(tx, version, version.rows() - before, asOf);
    return new Published(version, true);
  }

  private void record(
      Transaction tx, Prepared prepared, DatasetVersion version, List<String> warnings) {
    var facts = Json.object().put("files", prepared.files().size());
    if (!warnings.isEmpty()) facts.set("warnings", Json.tree(warnings));
    var execution = metadata.begin(tx, "dataset/register", version.id(), facts);
    prepared
        .files()
        .forEach((path, digest) ->
            metadata.input(
                tx,
                execution,
                metadata.artifact(tx, ArtifactType.SOURCE_FILE, digest, path, Json.object()),
                path));
    made(tx, execution, version);
    metadata.end(tx, execution, ExecutionState.COMPLETE, Json.object());
  }

  /** Notes in the graph that the execution made the version. */
  void made(Transaction tx, ExecutionId execution, DatasetVersion version) {
    var properties = Json.object().put("rows", version.rows()).put("bytes", version.bytes());
    properties.set("columns", Json.tree(version.columns()));
    metadata.output(
        tx,
        execution,
        metadata.artifact(
            tx, ArtifactType.DATASET_VERSION, version.digest(), version.id(), properties),
        "version");
  }

  /** Prepares and publishes. Conflict where a project's files say what the dataset is. */
  public Published register(String name, SortedMap<String, Digest> files, SourceOptions options) {
    database.read(s -> unowned(s, name));
    var prepared = prepare(name, files, options);
    return database.write(tx -> {
      unowned(tx, name);
      return publish(tx, prepared);
    });
  }

  /** The schema and the contract of a dataset that a project's files own stand there only. */
  public boolean unowned(Snapshot s, String name) {
    var project = store.findOwned(s, name).map(DatasetStore.Owned::project);
    if (project.isEmpty()) return true;
    throw new Conflict(
        "dataset \"%s\" belongs to the project \"%s\", whose files say what it must look like: put the data there and apply the project, or register them under another name"
            .formatted(name, project.get()));
  }

  DatasetStore store() {
    return store;
  }

  Database database() {
    return database;
  }

  Clock clock() {
    return clock;
  }

  /** The current version of every dataset, by name. */
  public List<DatasetVersion> list(Snapshot s) {
    return store.names(s).stream().flatMap(name -> store.findCurrent(s, name).stream()).toList();
  }

  /** All versions of one dataset, newest first. */
  public List<DatasetVersion> versions(Snapshot s, String name) {
    if (!store.exists(s, name)) throw missing(s, name);
    return store.list(s, name);
  }

  public Optional<DatasetVersion> current(Snapshot s, String name) {
    return store.findCurrent(s, name);
  }

  public DatasetVersion version(Snapshot s, String name, int number) {
    return store
        .find(s, name, number)
        .orElseThrow(() ->
            store.exists(s, name)
                ? new NotFound(
                    "version of dataset " + name, number, "the newest is " + store.newest(s, name))
                : missing(s, name));
  }

  /** The version that NAME (the current one) or NAME/NUMBER means. */
  public DatasetVersion named(Snapshot s, String text) {
    int slash = text.indexOf('/');
    if (slash < 0) return current(s, text).orElseThrow(() -> missing(s, text));
    try {
      return version(s, text.substring(0, slash), Integer.parseInt(text.substring(slash + 1)));
    } catch (NumberFormatException e) {
      throw new InvalidInput("dataset", text, "NAME or NAME/NUMBER");
    }
  }

  /** As {@link #list(Snapshot)}, now. */
  public List<DatasetVersion> list() {
    return database.read(this::list);
  }

  /** As {@link #versions(Snapshot, String)}, now. */
  public List<DatasetVersion> versions(String name) {
    return database.read(s -> versions(s, name));
  }

  /** As {@link #named(Snapshot, String)}, now. */
  public DatasetVersion named(String text) {
    return database.read(s -> named(s, text));
  }

  private NotFound missing(Snapshot s, String name) {
    return new NotFound(
        "dataset",
        name,
        "register it, or apply a project that defines it" + Names.suggestion(name, store.names(s)));
  }

  /**
   * A table expression over the files of a directory, for use inside {@link #engine}. Verifies each
   * file once.
   */
  public String relation(Digest manifest) {
    return Relation.of(files(manifest));
  }

  /** The rows of a directory in slices, within an engine of one thread. */
  public Slices slices(Engine engine, Digest manifest) {
    return new Slices(engine, files(manifest));
  }

  private SortedMap<String, Path> files(Digest manifest) {
    var paths = new TreeMap<String, Path>();
    artifacts
        .manifest(manifest)
        .entries()
        .forEach((path, entry) -> paths.put(path, artifacts.file(entry.digest())));
    if (paths.isEmpty())
      throw new InvalidInput(
          "the directory %s has no files; a dataset has at least one".formatted(manifest));
    return paths;
  }

  /**
   * An engine that reads the artifact store; waits for one of a few. Who holds one must not ask for
   * another.
   */
  public Engine engine() {
    return engines.open();
  }

  /** As {@link #engine}, with that many threads; 1 where equal inputs are to give equal bytes. */
  public Engine engine(int threads) {
    return engines.open(threads);
  }

  /** As {@link #engine(int)}, which also reads a folder of the caller's. */
  public Engine engine(int threads, Path readable) {
    return engines.open(threads, List.of(readable));
  }

  /** Reads a directory into memory: all columns, or those named. */
  public Frame frame(Digest manifest, List<String> columns) {
    return frame(manifest, columns, 0);
  }

  /**
   * As {@link #frame(Digest, List)}, for those who compute more of it; TooLarge if they and what is
   * computed from them do not fit there.
   *
   * @param beside how many numbers a row will need beside those that are read
   */
  public Frame frame(Digest manifest, List<String> columns, int beside) {
    try (var engine = engine()) {
      var relation = relation(manifest);
      long rows = engine.number("select count(*) from " + relation);
      int read = columns.isEmpty() ? engine.columns(relation).size() : columns.size();
      long most = MOST_NUMBERS / (read + beside);
      if (rows > most)
        throw new TooLarge(
            "%,d rows with the %d columns that are needed here do not fit into the %d MiB that one table may take in memory: %,d rows of them do; take fewer rows, such as a smaller test set"
                .formatted(rows, read, MOST_NUMBERS * Double.BYTES >> 20, most));
      return Frame.read(engine, relation, columns);
    }
  }

  /**
   * Stores the rows of a query as a directory of one Parquet file; the engine should have one
   * thread.
   */
  public Digest store(Engine engine, String select) {
    var file = engine.writeParquet(select, engine.folder().resolve("part-0.parquet"));
    var digest = artifacts.putFile(file);
    return artifacts.put(
        io.millrace.artifacts.Manifest.of(
            Map.of(
                "part-0.parquet",
                new io.millrace.artifacts.Entry(digest, artifacts.size(digest)))));
  }

  /**
   * Runs one SELECT for people.
   *
   * @param names NAME or NAME/NUMBER each; tables of the query by NAME
   * @return {"columns": [{name, type}], "rows": [[..]], "truncated": whether there are more rows
   *     than the limit}
   */
  public JsonNode query(String sql, List<String> names, Map<String, JsonNode> values, int limit) {
    return oneOfFew(() -> new Queries(this).rows(sql, names, values, limit));
  }

  /**
   * As the other, over tables that the caller makes.
   *
   * @param readable a folder that they are made from
   * @param tables makes them in the engine, and returns their names
   */
  public JsonNode query(
      String sql, Path readable, Function<Engine, Set<String>> tables, int limit) {
    return oneOfFew(() -> new Queries(this).rows(sql, readable, tables, limit));
  }

  /**
   * Reads an uploaded file and registers nothing: as {@link #query} answers, rows in the file's
   * order.
   *
   * @param file its name, which tells its format
   * @param expected number or text by column, as who asks will use it: a text file's fields are
   *     read so, and one that cannot be is refused
   * @param limit 1 to 100,000
   */
  public JsonNode rows(String file, Digest blob, Map<String, String> expected, int limit) {
    if (limit < 1 || limit > 100_000) throw new InvalidInput("limit", limit, "1 to 100,000 rows");
    var files = new TreeMap<>(Map.of(file, blob));
    var found = prepare("upload", files, SourceOptions.DEFAULT);
    var types = new TreeMap<String, String>();
    if (SourceOptions.Format.of(file) != SourceOptions.Format.PARQUET) {
      for (var column : found.columns()) {
        var type = expected.get(column.name());
        boolean isText = column.type().equals("VARCHAR");
        if (isText ? "number".equals(type) : "text".equals(type)) types.put(column.name(), type);
      }
    }
    var prepared =
        types.isEmpty() ? found : prepare("upload", files, SourceOptions.DEFAULT.withTypes(types));
    return oneOfFew(() -> new Queries(this).rows(prepared.digest(), limit));
  }

  /** Each engine may take its full memory, so only a few work for people at once. */
  private <T> T oneOfFew(Supplier<T> work) {
    try {
      if (!forPeople.tryAcquire(SECONDS_TO_WAIT, TimeUnit.SECONDS))
        throw new Unavailable(
            "%d queries are running already; try again when one has ended"
                .formatted(MOST_FOR_PEOPLE));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted before the query began");
    }
    try {
      return work.get();
    } finally {
      forPeople.release();
    }
  }

  @Override
  public Collection<Digest> held(Snapshot s) {
    return store.digests(s).stream().map(Digest::new).toList();
  }
}
