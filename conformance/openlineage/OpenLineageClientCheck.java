import io.openlineage.client.OpenLineage;
import io.openlineage.client.OpenLineageClient;
import io.openlineage.client.OpenLineageClientUtils;
import io.openlineage.client.transports.HttpTransport;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.UUID;

/** OpenLineage's own Java client: what it emits is in the graph. */
final class OpenLineageClientCheck {
  private static int passed;
  private static int failed;

  public static void main(String[] arguments) throws Exception {
    var url = URI.create(arguments[0]);
    var lineage = new OpenLineage(URI.create("https://example.org/producer"));
    var run = lineage.newRunBuilder().runId(UUID.randomUUID()).build();
    var job = lineage.newJobBuilder().namespace("airflow").name("clean.orders").build();
    var raw =
        lineage.newInputDatasetBuilder().namespace("postgres://db:5432").name("shop.raw").build();
    var clean =
        lineage
            .newOutputDatasetBuilder()
            .namespace("s3://lake")
            .name("orders/clean")
            .facets(
                lineage
                    .newDatasetFacetsBuilder()
                    .version(lineage.newDatasetVersionDatasetFacet("v7"))
                    .build())
            .build();
    try (var client =
        OpenLineageClient.builder()
            .transport(HttpTransport.builder().uri(url).build())
            .build()) {
      client.emit(event(lineage, OpenLineage.RunEvent.EventType.START, run, job, List.of(raw), List.of()));
      var end = event(lineage, OpenLineage.RunEvent.EventType.COMPLETE, run, job, List.of(), List.of(clean));
      client.emit(end);
      client.emit(end);
    }
    var found = get(url.resolve("/api/v1/lineage/s3:%2F%2Flake%2Forders%2Fclean@v7?direction=up"));
    check("the output's lineage is there", found, "s3://lake/orders/clean@v7");
    check("it reaches the input", found, "postgres://db:5432/shop.raw");
    check("through the job", found, "airflow/clean.orders");
    check("which has ended", found, "COMPLETE");
    var refused = post(url.resolve("/api/v1/lineage"), "{\"eventTime\":\"yesterday\",\"run\":{}}");
    check("a bad time is refused", refused, "expected a time such as");
    var batch =
        post(
            url.resolve("/api/v1/lineage/batch"),
            "[%s,%s]".formatted(small("START"), small("FAIL")));
    check("a batch is taken", batch, "\"accepted\":2");
    told(url, Path.of(arguments[1]));
    System.out.printf("%d passed, %d failed%n", passed, failed);
    System.exit(failed == 0 ? 0 : 1);
  }

  /** What another server told of its runs: the client's classes read it, and this server takes it. */
  private static void told(URI url, Path file) throws Exception {
    var lines = Files.readAllLines(file);
    var types = new StringBuilder();
    for (var line : lines) {
      var event = OpenLineageClientUtils.runEventFromJson(line);
      types.append(event.getJob().getName()).append('=').append(event.getEventType()).append(' ');
      check("it has a run id", event.getRun().getRunId().toString(), "-");
      check("it has a producer", String.valueOf(event.getProducer()), "urn:millrace:");
      check(
          "it says which definition",
          event.getJob().getFacets().getSourceCodeLocation().getUrl().toString(),
          "urn:sha256:");
      if (event.getJob().getName().contains("."))
        check(
            "a step names its pipeline",
            event.getRun().getFacets().getParent().getJob().getName(),
            "told");
      for (var input : event.getInputs())
        if (input.getName().equals("people")) {
          check("its columns", input.getFacets().getSchema().getFields().getFirst().getName(), "id");
          check(
              "its rows",
              String.valueOf(input.getInputFacets().getDataQualityMetrics().getRowCount()),
              "2");
        }
      check("it is taken", post(url.resolve("/api/v1/lineage"), line), "\"accepted\":1");
      check("once more too", post(url.resolve("/api/v1/lineage"), line), "\"accepted\":1");
    }
    for (var wanted : List.of("told=START", "told=FAIL", "told.rows=START", "told.rows=COMPLETE", "told.split=COMPLETE", "told.late=FAIL"))
      check("all is told", types.toString(), wanted);
    var found = get(url.resolve("/api/v1/lineage/millrace%2Fpeople@1?direction=down"));
    check("the lineage of another server is here", found, "millrace/told.rows");
  }

  private static String small(String type) {
    return ("{'eventType':'%s','eventTime':'2026-01-31T12:00:00Z','run':{'runId':'%s'},"
            + "'job':{'namespace':'n','name':'j'},'producer':'p','schemaURL':'s'}")
        .replace('\'', '"')
        .formatted(type, "6e3b0b0e-7d5c-4a53-9c3c-6e2a3b1f5a11");
  }

  private static OpenLineage.RunEvent event(
      OpenLineage lineage,
      OpenLineage.RunEvent.EventType type,
      OpenLineage.Run run,
      OpenLineage.Job job,
      List<OpenLineage.InputDataset> inputs,
      List<OpenLineage.OutputDataset> outputs) {
    return lineage
        .newRunEventBuilder()
        .eventType(type)
        .eventTime(ZonedDateTime.now())
        .run(run)
        .job(job)
        .inputs(inputs)
        .outputs(outputs)
        .build();
  }

  private static String get(URI uri) throws Exception {
    return send(HttpRequest.newBuilder(uri).GET());
  }

  private static String post(URI uri, String body) throws Exception {
    return send(
        HttpRequest.newBuilder(uri)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private static String send(HttpRequest.Builder request) throws Exception {
    return HttpClient.newHttpClient()
        .send(request.build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private static void check(String what, String text, String expected) {
    if (text.contains(expected)) {
      passed++;
    } else {
      failed++;
      System.out.printf("FAILED %s: expected %s in %s%n", what, expected, text);
    }
  }
}
