package io.millrace.pipelines.openlineage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.data.Datasets;
import io.millrace.data.QueryComponent;
import io.millrace.data.SourceOptions;
import io.millrace.data.ValidateComponent;
import io.millrace.definitions.Definitions;
import io.millrace.definitions.ProjectFiles;
import io.millrace.metadata.Metadata;
import io.millrace.pipelines.Commands;
import io.millrace.pipelines.Pipelines;
import io.millrace.pipelines.ProcessRunner;
import io.millrace.pipelines.ValueComponent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LineageOutTest {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final String PIPELINE =
      """
      name: p
      params: { least: { type: integer, default: 1 } }
      steps:
        rows:  { uses: data/query, with: { sql: queries/q.sql, datasets: [people], values: { least: "${{ params.least }}" } } }
        check: { uses: data/validate, with: { data: "${{ steps.rows.outputs.data }}", contract: contracts/c.yaml } }
      """;

  @TempDir Path folder;
  private Database database;
  private Metadata metadata;
  private Pipelines pipelines;
  private HttpServer receiver;
  private final ConcurrentLinkedQueue<JsonNode> received = new ConcurrentLinkedQueue<>();
  private final AtomicInteger answer = new AtomicInteger(201);
  private LineageOut out;

  @BeforeEach
  void open() throws IOException {
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext(
        "/",
        exchange -> {
          var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          int status = answer.get();
          if (status == 201) received.add(Json.parse(body));
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    receiver.start();
    database = Database.open(folder.resolve("millrace.db"));
    metadata = new Metadata(database, Clock.systemUTC());
    out = out(url());
    var artifacts = new Artifacts(folder.resolve("artifacts"));
    var datasets =
        new Datasets(database, artifacts, metadata, folder.resolve("scratch"), Clock.systemUTC());
    pipelines =
        new Pipelines(
            database,
            artifacts,
            metadata,
            List.of(
                new ValueComponent(),
                new QueryComponent(datasets),
                new ValidateComponent(datasets)),
            List.of(),
            (_, _, _) -> {
              throw new UnsupportedOperationException();
            },
            out,
            "program",
            folder.resolve("work"),
            new Commands(new ProcessRunner(Pipelines.attempts(folder.resolve("work"))), () -> ""),
            List.of(),
            Clock.systemUTC());
    var csv = artifacts.put("id,age\n1,3\n2,4\n".getBytes(StandardCharsets.UTF_8));
    datasets.register("people", new TreeMap<>(Map.of("p.csv", csv)), SourceOptions.DEFAULT);
    var texts = new TreeMap<String, String>();
    texts.put("millrace.yaml", "name: t\n");
    texts.put("pipelines/p.yaml", PIPELINE);
    texts.put("queries/q.sql", "select id, age from people where age >= $least");
    texts.put(
        "contracts/c.yaml", "columns: { age: { type: integer, max: 3 } }\non-failure: stop\n");
    new Definitions(
            database,
            metadata,
            List.of(pipelines.componentKind(), pipelines.kind()),
            Clock.systemUTC())
        .apply(new ProjectFiles("t", texts, new TreeMap<>()));
  }

  private LineageTarget url() {
    return LineageTarget.of("http://127.0.0.1:" + receiver.getAddress().getPort() + "/lineage");
  }

  private LineageOut out(LineageTarget target) {
    return new LineageOut(database, metadata, target, Duration.ofMillis(10), Clock.systemUTC());
  }

  @AfterEach
  void close() {
    pipelines.close();
    out.close();
    receiver.stop(0);
    database.close();
  }

  private String run() {
    var id = pipelines.start("p", Map.of(), true).id();
    assertThat(pipelines.await(id, LONG).state().isFinal()).isTrue();
    return id;
  }

  private void await(BooleanSupplier condition) {
    long end = System.nanoTime() + LONG.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("nothing more came: %s", received).isLessThan(end);
      Thread.onSpinWait();
    }
  }

  private static String words(JsonNode event) {
    return event.path("job").path("name").asText() + " " + event.path("eventType").asText();
  }

  @Test
  void aRunIsToldFromItsStartToItsEndInOrder() {
    out.start();
    var run = run();
    await(() -> received.size() == 6);
    assertThat(received.stream().map(LineageOutTest::words))
        .containsExactly(
            "p START",
            "p.rows START",
            "p.rows COMPLETE",
            "p.check START",
            "p.check FAIL",
            "p FAIL");
    var events = new ArrayList<>(received);
    var rows = events.get(2);
    assertThat(rows.path("run").path("facets").path("parent").path("run").path("runId").asText())
        .isEqualTo(LineageDocuments.runId(run).toString())
        .isEqualTo(events.getFirst().path("run").path("runId").asText());
    var people = rows.path("inputs").path(0);
    assertThat(people.path("name").asText()).isEqualTo("people");
    assertThat(people.path("facets").path("version").path("datasetVersion").asText())
        .isEqualTo("1");
    assertThat(people.path("facets").path("schema").path("fields").findValuesAsText("name"))
        .containsExactly("id", "age");
    assertThat(people.path("inputFacets").path("dataQualityMetrics").path("rowCount").asInt())
        .isEqualTo(2);
    assertThat(rows.path("outputs").path(0).path("name").asText()).isEqualTo("p.rows.data");
    assertThat(rows.path("job").path("facets").path("sourceCodeLocation").path("version").asText())
        .hasSize(64);
    assertThat(
            events.get(4).path("run").path("facets").path("errorMessage").path("message").asText())
        .contains("age");
  }

  @Test
  void whatWaitsWhileTheReceiverIsAwayComesLaterAndStaysTheSame() {
    answer.set(503);
    out.start();
    run();
    assertThat(received).isEmpty();
    // The one that was at work is gone, as by kill -9; another begins with what the rows say.
    out.close();
    answer.set(201);
    out = out(url());
    out.start();
    await(() -> received.size() == 6);
    var first = List.copyOf(received);
    assertThat(first.getFirst().path("eventType").asText()).isEqualTo("START");
    database.read(s -> {
      assertThat(new OutboxStore().span(s)).isLessThanOrEqualTo(6);
      return true;
    });
  }

  @Test
  void theSameRowGivesTheSameEvent() {
    run();
    var documents = new LineageDocuments(metadata);
    var rows = database.read(s -> new OutboxStore().list(s, 10));
    assertThat(rows).hasSize(6);
    for (var row : rows) {
      JsonNode once = database.read(s -> documents.event(s, row));
      JsonNode again = database.read(s -> documents.event(s, row));
      assertThat(again).isEqualTo(once);
    }
  }

  @Test
  void whatTheReceiverRefusesIsDroppedAndHoldsUpNothing() {
    answer.set(422);
    out.start();
    run();
    await(() -> database.read(s -> new OutboxStore().span(s)) == 0);
    answer.set(201);
    run();
    await(() -> received.stream().anyMatch(e -> words(e).equals("p FAIL")));
  }

  @Test
  void aFileTakesALineForEachEvent() throws IOException {
    out.close();
    var file = folder.resolve("events.jsonl");
    run();
    out = out(LineageTarget.of(file.toString()));
    out.start();
    await(() -> database.read(s -> new OutboxStore().span(s)) == 0);
    assertThat(Files.readAllLines(file).stream().map(Json::parse).map(LineageOutTest::words))
        .hasSize(6)
        .endsWith("p FAIL");
  }

  @Test
  void aUrlWithoutAHostIsRefused() {
    assertThatThrownBy(() -> LineageTarget.of("http:nowhere"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("http://lineage.example.org");
  }
}
