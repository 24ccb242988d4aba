package io.millrace.serving.predictions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.data.Datasets;
import io.millrace.data.Engine;
import io.millrace.data.Sql;
import io.millrace.data.TableFiles;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.ExecutionState;
import io.millrace.metadata.Metadata;
import io.millrace.serving.EndpointName;
import io.millrace.serving.Endpoints;
import io.millrace.serving.RecentRequests;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The predictions of all endpoints: logged, kept as each endpoint's settings say, asked with SQL,
 * and joined with the labels that were given for them later. Thread-safe.
 */
public final class Predictions implements AutoCloseable {
  public static final int MOST_LISTED = 1_000;

  /** What SQL sees. */
  private static final String TABLE = "predictions";

  private static final Pattern ID = Pattern.compile("[0-9a-f]{32}(?:/(?:0|[1-9][0-9]{0,8}))?");

  private final Database database;
  private final Datasets datasets;
  private final Metadata metadata;
  private final Endpoints endpoints;
  private final Path parquet;
  private final Segments segments;
  private final PredictionStore store = new PredictionStore();
  private final PredictionLog log;
  private final Compactor compactor;

  /** Where it is, and how it writes. */
  record Tuning(Duration flush, int ring, long segmentBytes, Compactor.Steps steps) {
    Tuning(Duration flush) {
      this(flush, PredictionLog.RING, SegmentWriter.LARGEST, _ -> {});
    }
  }

  /**
   * Cuts what a killed server left torn; nothing is written before {@link #start}.
   *
   * @param folder of segments and Parquet files; made where it is missing
   * @param flush how long an answered request may wait to be durable
   */
  public Predictions(
      Path folder,
      Database database,
      Datasets datasets,
      Metadata metadata,
      Endpoints endpoints,
      Duration flush,
      Clock clock) {
    this(folder, database, datasets, metadata, endpoints, new Tuning(flush), clock);
  }

  Predictions(
      Path folder,
      Database database,
      Datasets datasets,
      Metadata metadata,
      Endpoints endpoints,
      Tuning tuning,
      Clock clock) {
    this.database = database;
    this.datasets = datasets;
    this.metadata = metadata;
    this.endpoints = endpoints;
    var root = folder.toAbsolutePath().normalize();
    parquet = root.resolve("parquet");
    new Segments(parquet); // makes the folder
    segments = new Segments(root.resolve("segments"));
    segments.repair();
    var due = new Semaphore(0);
    var writer =
        new SegmentWriter(segments, lastSegment(), clock, tuning.segmentBytes(), due::release);
    log = new PredictionLog(writer, tuning.flush(), tuning.ring());
    database.read(store::settings).forEach(log::set);
    compactor =
        new Compactor(
            new Compactor.Room(parquet, segments, database, datasets, clock),
            log::settings,
            writer::open,
            due,
            tuning.steps());
  }

  private long lastSegment() {
    long compacted =
        database.read(store::compacted).stream().mapToLong(Long::longValue).max().orElse(0);
    var there = segments.list();
    return there.isEmpty() ? compacted : Math.max(compacted, there.lastKey());
  }

  /** Begins to write and to compact. */
  public void start() {
    log.start();
    compactor.start();
  }

  /** Compacts in the caller's thread, for tests that did not start. */
  void compact() {
    compactor.work();
  }

  public PredictionLog log() {
    return log;
  }

  /** How an endpoint's predictions are kept, and what became of them since the start. */
  public record Standing(LogSettings settings, LogCounts counts) {}

  public Standing standing(EndpointName endpoint) {
    return new Standing(log.settings(endpoint), log.counts(endpoint));
  }

  /** As its row says. */
  public LogSettings settings(Snapshot s, EndpointName endpoint) {
    return store.settings(s).getOrDefault(endpoint, LogSettings.DEFAULT);
  }

  /** Changes how an endpoint's predictions are kept: from now on, except their days, for all. */
  public Standing set(EndpointName endpoint, LogSettings settings) {
    endpoints.endpoint(endpoint); // refuses one that is not there
    database.writing(tx -> {
      endpoints.refuseOwned(tx, endpoint);
      set(tx, endpoint, settings);
    });
    return standing(endpoint);
  }

  /** As the other, as part of a transaction, also before the endpoint serves. */
  public void set(Transaction tx, EndpointName endpoint, LogSettings settings) {
    store.replace(tx, endpoint, settings);
    var execution =
        metadata.begin(tx, "configure", "configure the log of " + endpoint, Json.tree(settings));
    metadata.input(
        tx,
        execution,
        metadata.artifact(tx, ArtifactType.ENDPOINT, null, endpoint.value(), Json.object()),
        "endpoint");
    metadata.end(tx, execution, ExecutionState.COMPLETE, Json.object());
    tx.afterCommit(() -> log.set(endpoint, settings));
  }

  /**
   * Which predictions to list.
   *
   * @param where a condition in SQL over the columns of a prediction
   * @param before the id that the page before ended with
   */
  public record Question(
      @Nullable EndpointName endpoint,
      @Nullable Instant since,
      @Nullable Instant until,
      @Nullable String where,
      @Nullable String before,
      int limit) {
    public Question {
      if (limit < 1 || limit > MOST_LISTED)
        throw new InvalidInput("limit", limit, "1 to %,d".formatted(MOST_LISTED));
      if (before != null) checkId(before);
    }

    Span span() {
      return Span.of(endpoint == null ? null : endpoint.value(), since, until);
    }
  }

  /** The newest predictions first, as {@link Datasets#query} answers. */
  public JsonNode list(Question question) {
    var conditions = new ArrayList<String>();
    if (question.where() != null) conditions.add("(" + question.where() + "\n)");
    if (question.before() != null) conditions.add(before(question.before()));
    var where = conditions.isEmpty() ? "" : " where " + String.join(" and ", conditions);
    return sql(
        "select * from %s%s order by request_id desc, request_row desc".formatted(TABLE, where),
        question.span(),
        question.limit());
  }

  /** By number within a request: as texts, row 10 would stand between 1 and 2. */
  private static String before(String id) {
    int row = id.indexOf('/');
    var request = Sql.text(row < 0 ? id : id.substring(0, row));
    return row < 0
        ? "request_id < " + request
        : "(request_id < %1$s or (request_id = %1$s and request_row < %2$s))"
            .formatted(request, id.substring(row + 1));
  }

  /**
   * Runs one SELECT over the table predictions, which holds those of the span.
   *
   * @param limit 1 to 10,000 rows
   */
  public JsonNode sql(
      String sql,
      @Nullable EndpointName endpoint,
      @Nullable Instant since,
      @Nullable Instant until,
      int limit) {
    return sql(sql, Span.of(endpoint == null ? null : endpoint.value(), since, until), limit);
  }

  private JsonNode sql(String sql, Span span, int limit) {
    return reading(() -> datasets.query(sql, parquet, engine -> tables(engine, span), limit));
  }

  /** Runs something that reads files, with all in them that was offered until now. */
  private <T> T reading(Supplier<T> work) {
    log.flush();
    compactor.reading().lock();
    try {
      return work.get();
    } finally {
      compactor.reading().unlock();
    }
  }

  /** Works with an engine in which the table stands. */
  <T> T over(Span span, Function<Engine, T> work) {
    return reading(() -> {
      try (var engine = datasets.engine(1, parquet)) {
        tables(engine, span);
        return work.apply(engine);
      }
    });
  }

  private record View(List<PredictionStore.File> files, Set<Long> compacted) {}

  private Set<String> tables(Engine engine, Span span) {
    // Segments that are compacted from here on still have their files, which nobody sweeps now.
    var view =
        database.read(s ->
            new View(
                store.files(s, span.endpoint(), Span.day(span.since()), Span.day(span.until())),
                store.compacted(s)));
    engine.execute("create table recent (%s)".formatted(Logged.COLUMNS));
    TableFiles.append(engine, "recent", rows -> recent(view.compacted(), span, rows));
    engine.execute(
        "create table labels (id varchar, feedback varchar, feedback_at timestamp with time zone)");
    TableFiles.append(engine, "labels", rows -> labels(span, rows));
    var files =
        view.files().isEmpty()
            ? ""
            : "select * from %s union all ".formatted(compactor.relation(view.files()));
    engine.execute(
        """
        create view %s as select p.*, l.feedback, l.feedback_at
          from (%sselect * from recent) p left join labels l on l.id = p.id
         where p.time >= cast(%s as timestamp with time zone) and p.time < cast(%s as timestamp with time zone)
        """
            .formatted(
                TABLE,
                files,
                Sql.text(span.since().toString()),
                Sql.text(span.until().toString())));
    return Set.of(TABLE);
  }

  private void recent(Set<Long> compacted, Span span, TableFiles.Rows rows) {
    segments
        .list()
        .forEach((number, file) -> {
          if (compacted.contains(number)) return;
          Segments.read(
              file,
              logged -> {
                if (!span.holds(logged)) return;
                int count = logged.rows();
                for (int row = 0; row < count; row++) rows.add(logged.row(row, count));
              });
        });
  }

  /** Of each name the last value counts. */
  private void labels(Span span, TableFiles.Rows rows) {
    var group =
        new Consumer<PredictionStore.Given>() {
          private @Nullable String id;
          private ObjectNode values = Json.object();
          private Instant at = Instant.EPOCH;

          @Override
          public void accept(PredictionStore.Given given) {
            if (!given.prediction().equals(id)) end();
            id = given.prediction();
            values.set(given.name(), given.value());
            at = given.at();
          }

          void end() {
            if (id != null) rows.add(new @Nullable Object[] {id, Json.write(values), at});
            id = null;
            values = Json.object();
          }
        };
    database.read(s -> {
      store.feedback(s, span.firstId(), span.lastId(), group);
      return true;
    });
    group.end();
  }

  /**
   * One prediction with all its values and what was given for it.
   *
   * @throws NotFound if the log does not have it, with what may be the reason
   */
  public ObjectNode prediction(String id) {
    checkId(id);
    var span = Span.around(id);
    var found =
        over(
            span,
            engine ->
                engine.query(
                    "select * from %s where id = ?".formatted(TABLE), PredictionRow::json, id));
    if (found.isEmpty()) throw missing(id, span);
    var prediction = found.getFirst();
    var history = prediction.putArray("feedback_history");
    database.read(s -> {
      store.feedback(
          s,
          id,
          id,
          given ->
              history
                  .addObject()
                  .put("name", given.name())
                  .put("given_at", given.at().toString())
                  .set("value", given.value()));
      return true;
    });
    return prediction;
  }

  private NotFound missing(String id, Span span) {
    long rows =
        over(
            span,
            engine ->
                engine.number(
                    "select count(*) from %s where request_id = ?".formatted(TABLE),
                    id.substring(0, 32)));
    if (rows > 0)
      return new NotFound(
          "no prediction \"%s\": that request has %d predictions; %s"
              .formatted(
                  id,
                  rows,
                  rows == 1
                      ? "ask for %s".formatted(id.substring(0, 32))
                      : "ask for %1$s/0 to %1$s/%2$d".formatted(id.substring(0, 32), rows - 1)));
    return new NotFound(
        "no prediction \"%s\" in the log: the endpoint's settings may leave it out, it may be older than it is kept, or it was lost while the log could not keep up, which \"millrace endpoint log ENDPOINT\" counts"
            .formatted(id));
  }

  /**
   * The newest requests of the endpoint, at most {@value LastRequests#MOST}, as far as they are in
   * no Parquet file yet; without those of which an input is masked.
   */
  public List<RecentRequests.Recorded> recent(EndpointName endpoint) {
    log.flush();
    return LastRequests.of(segments, endpoint);
  }

  /** Takes values that were given; returns when they are durable. */
  void give(List<PredictionStore.Given> given) {
    database.writing(tx -> store.insertFeedback(tx, given));
  }

  static String checkId(String id) {
    if (!ID.matcher(id).matches())
      throw new InvalidInput(
          "prediction id",
          id.length() <= 100 ? id : id.substring(0, 100) + "...",
          "32 hexadecimal digits, and /ROW where the request had several rows, as an answer's header x-millrace-prediction-id tells");
    return id;
  }

  /** Writes what was offered. */
  @Override
  public void close() {
    log.close();
    compactor.close();
  }
}
