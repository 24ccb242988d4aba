package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bad input to the packaged program is refused with the place and the fix; nothing of it is a 500.
 */
final class BadInputIT {
  private static final Path MODELS = Program.HOME.resolve("src/test/resources/models");
  private static final String INFER = "/v2/models/titanic/infer";

  @TempDir static Path folder;
  private static Program program;

  @BeforeAll
  static void start() {
    program = Program.up(folder.resolve("data"));
    program.done("model", "import", "titanic", MODELS.resolve("titanic_logreg.onnx").toString());
    program.done("deploy", "titanic", "--model", "titanic");
  }

  @AfterAll
  static void stop() {
    program.close();
  }

  private static void refused(HttpResponse<String> answer, int status, String message) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(Json.parse(answer.body()).path("error").asText()).contains(message);
  }

  private static Path table(String name, String text) throws Exception {
    var file = folder.resolve(name);
    Files.writeString(file, text);
    return file;
  }

  private static String good() {
    var text = new StringBuilder("age,town,late\n");
    for (int i = 0; i < 60; i++)
      text.append(20 + i)
          .append(',')
          .append("abc".charAt(i % 3))
          .append(',')
          .append(i / 7 % 2)
          .append('\n');
    return text.toString();
  }

  // Tables

  @Test
  void aBrokenRowIsNamedByItsLine() throws Exception {
    var ended =
        program.millrace(
            "init",
            folder.resolve("p1").toString(),
            "--data",
            table("broken.csv", good() + "20,a,1,9,9\n").toString(),
            "--label",
            "late");
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.err())
        .contains("broken.csv, line 62: 5 fields where 3 are due (age, town, late)");
  }

  @Test
  void anEmptyFileIsSaidToBeEmpty() throws Exception {
    var ended =
        program.millrace(
            "init",
            folder.resolve("p2").toString(),
            "--data",
            table("empty.csv", "").toString(),
            "--label",
            "late");
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.err()).contains("empty.csv is empty; expected a header line and rows");
  }

  @Test
  void aMissingColumnAndATextWhereANumberIsDueAreNamed() throws Exception {
    var project = folder.resolve("p3");
    program.done(
        "init",
        project.toString(),
        "--data",
        table("rows.csv", good()).toString(),
        "--label",
        "late");
    var data = project.resolve("data/rows.csv");
    Files.writeString(data, good().replace("\n23,", "\ntwenty,"));
    var text = program.millrace("apply", project.toString());
    assertThat(text.code()).isEqualTo(1);
    assertThat(text.err())
        .contains("rows.csv, line 5, column \"age\": \"twenty\" is not a whole number");
    Files.writeString(data, good().replace("age,town", "years,town"));
    var missing = program.millrace("apply", project.toString());
    assertThat(missing.code()).isEqualTo(1);
    assertThat(missing.err())
        .contains("datasets/p3.yaml: rows.csv has no column \"age\"", "it has years, town, late");
  }

  // Definitions

  private static HttpResponse<String> apply(String path, String text) {
    var body = Json.object();
    body.putObject("texts").put("millrace.yaml", "name: bad").put(path, text);
    return program.post("/api/v1/projects/apply", body.toString());
  }

  @Test
  void definitionsAreRefusedWithTheirPlace() {
    refused(
        apply("pipelines/p.yaml", "name: p\nstepz: {}\nsteps: { a: { uses: core/noop } }"),
        400,
        "pipelines/p.yaml:2:1: unknown key \"stepz\"; did you mean \"steps\"?");
    refused(
        apply("pipelines/p.yaml", "name: p\nsteps: { a: { uses: core/nop } }"),
        400,
        "pipelines/p.yaml:2:21: there is no component \"core/nop\"; did you mean \"core/noop\"?");
    refused(
        apply(
            "pipelines/p.yaml",
            "name: p\nsteps:\n  a: { uses: core/noop, needs: b }\n  b: { uses: core/noop, needs: a }"),
        400,
        "the steps need each other in a circle: a needs b needs a");
    refused(
        apply("datasets/d.yaml", "source: data/d.csv"),
        400,
        "datasets/d.yaml:1:1: source: no data file was found at \"data/d.csv\"");
  }

  // Inference

  static Stream<String[]> wrongRequests() {
    return Stream.of(
        new String[] {
          input("FP32", "[1, 2]", "[1, 2]"), "input \"age\": got shape [1, 2], expected [-1, 1]"
        },
        new String[] {
          input("INT64", "[1, 1]", "[1]"), "input \"age\": got datatype INT64, expected FP32"
        },
        new String[] {input("FP99", "[1, 1]", "[1]"), "FP99"},
        new String[] {
          input("FP32", "[2, 1]", "[1]"),
          "input \"age\": got 1 elements, expected 2 for shape [2, 1]"
        },
        new String[] {
          input("FP32", "[1, 1]", "[NaN]"),
          "input \"age\": element 0: got NaN, which is not JSON; write null for a missing number"
        },
        new String[] {input("FP32", "[-1, 1]", "[1]"), "age"},
        new String[] {input("FP32", "[9223372036854775807, 9223372036854775807]", "[1]"), "age"},
        new String[] {input("FP32", "[1, 1]", "[\"x\"]"), "input \"age\": element 0"},
        new String[] {"{\"inputs\":", "JSON at line 1"},
        new String[] {"[]", "expected"},
        new String[] {"", "body"},
        new String[] {"{}", "inputs"},
        new String[] {"{\"inputs\":[]}", "age"});
  }

  private static String input(String datatype, String shape, String data) {
    return "{\"inputs\":[{\"name\":\"age\",\"datatype\":\"%s\",\"shape\":%s,\"data\":%s}]}"
        .formatted(datatype, shape, data);
  }

  @ParameterizedTest
  @MethodSource("wrongRequests")
  void aWrongRequestIsToldWhatIsWrong(String body, String message) {
    refused(program.post(INFER, body), 400, message);
  }

  @Test
  void aHundredMegabytesAreRefused() {
    var body = new byte[100_000_000];
    var answer =
        Program.send(
            HttpRequest.newBuilder(URI.create(program.url() + INFER))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    refused(answer, 413, "may have 16777216 bytes at most");
  }

  @Test
  void moreBodiesThanTheHeapHoldsAreRefusedAndTheServerLives() throws Exception {
    try (var connections = Executors.newVirtualThreadPerTaskExecutor()) {
      var answers = new ArrayList<Future<String>>();
      for (int i = 0; i < 36; i++) answers.add(connections.submit(BadInputIT::unfinished));
      int refused = 0;
      for (var answer : answers) {
        if (answer.get().isEmpty()) continue;
        assertThat(answer.get()).startsWith("HTTP/1.1 503").containsIgnoringCase("retry-after: 1");
        refused++;
      }
      assertThat(refused).as("of 36 bodies of 16 MiB").isBetween(32, 36);
    }
    assertThat(program.get("/health").statusCode()).isEqualTo(200);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    var blank = " ".repeat(16 << 20);
    while (program.post(INFER, blank).statusCode() == 503 && System.nanoTime() < end)
      ;
    for (int i = 0; i < 6; i++) refused(program.post(INFER, blank), 400, "");
  }

  /** Sends all of a body of 16 MiB but its last byte; the answer, or "" if none comes. */
  private static String unfinished() throws Exception {
    var url = URI.create(program.url());
    try (var socket = new java.net.Socket(url.getHost(), url.getPort())) {
      socket.setSoTimeout(5_000);
      var out = socket.getOutputStream();
      out.write(
          "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
              .formatted(INFER, 16 << 20)
              .getBytes(StandardCharsets.US_ASCII));
      var part = new byte[1 << 20];
      Arrays.fill(part, (byte) ' ');
      for (int i = 0; i < 16; i++) out.write(part, 0, part.length - (i == 15 ? 1 : 0));
      var answer = new byte[4096];
      int got = socket.getInputStream().read(answer);
      return got < 0 ? "closed" : new String(answer, 0, got, StandardCharsets.UTF_8);
    } catch (SocketTimeoutException e) {
      return "";
    }
  }

  // Bodies

  @ParameterizedTest
  @CsvSource({
    "/api/v1/datasets/d/versions, files",
    "/api/v1/query, sql",
    "/api/v1/tables, blob",
    "/api/v1/projects/init, label",
    "/api/v1/projects/apply, texts"
  })
  void aBodyThatIsEmptyOrNullIsToldWhatIsExpected(String path, String key) {
    for (var body : List.of("", "null", "[]", "1", "\"x\"")) {
      var answer =
          Program.send(
              HttpRequest.newBuilder(URI.create(program.url() + path))
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString(body)));
      refused(answer, 400, body.isEmpty() || body.equals("null") ? key : "");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"texts\":{\"millrace.yaml\":null}} | texts.millrace.yaml",
        "{\"texts\":{\"millrace.yaml\":\"name: x\"},\"sources\":{\"datasets/x.yaml\":null}} | sources.datasets/x.yaml",
        "{\"texts\":{\"millrace.yaml\":\"name: x\"},\"sources\":{\"datasets/x.yaml\":{\"a.csv\":null}}} | sources.datasets/x.yaml.a.csv"
      })
  void aNullAmongAProjectsFilesIsNamed(String body, String message) {
    refused(program.post("/api/v1/projects/apply", body), 400, message);
  }

  // Names that reach a file system

  static final String UP = "..%2f..%2fmillrace.db";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/v1/blobs/" + UP,
        "/api/v1/blobs/..%252f..%252fmillrace.db",
        "/api/v1/reports/" + UP,
        "/api/v1/datasets/" + UP,
        "/api/v1/datasets/..%5c..%5cx",
        "/api/v1/models/" + UP,
        "/api/v1/models/titanic/versions/" + UP,
        "/api/v1/endpoints/" + UP,
        "/api/v1/pipelines/" + UP,
        "/api/v1/runs/" + UP,
        "/api/v1/runs/" + UP + "/steps/x/log",
        "/api/v1/runs/x/steps/" + UP + "/log",
        "/api/v1/artifacts/" + UP,
        "/api/v1/lineage/" + UP,
        "/api/v1/experiments/" + UP + "/runs",
        "/v2/models/" + UP,
        "/v2/models/titanic/versions/" + UP,
        "/..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/api/v1/blobs/x%00y"
      })
  void aPathThatLeavesItsFolderFindsNothing(String path) {
    var answer = program.get(path);
    assertThat(answer.statusCode()).as(path + ": " + answer.body()).isIn(400, 404);
    assertThat(answer.body()).doesNotContain("SQLite format", "root:");
  }

  @ParameterizedTest
  @CsvSource({
    "../../evil.yaml, name: x, expected a relative path",
    "datasets/../../evil.yaml, source: x, expected a relative path",
    "/etc/evil.yaml, name: x, expected a relative path",
    "datasets/d.yaml, 'source: ../../etc/passwd', datasets/d.yaml:1:9: source: got",
    "datasets/d.yaml, 'source: data/../../x', datasets/d.yaml:1:9: source: got",
    "datasets/d.yaml, 'source: /etc/passwd', datasets/d.yaml:1:9: source: got",
    "datasets/d.yaml, 'source: file:///etc/passwd', datasets/d.yaml:1:9: source: got",
    "datasets/..yaml, 'source: data', name",
    "pipelines/p.yaml, 'name: ../p', expected 1 to 128",
    "pipelines/p.yaml, 'name: p\nsteps: { ../a: { uses: core/noop } }', ../a"
  })
  void aDefinitionCannotNameWhatLiesOutsideItsProject(String path, String text, String message) {
    refused(apply(path, text), 400, message);
  }

  @Test
  void aSourcesFileNameStaysBelowItsSource() {
    var body = Json.object();
    body.putObject("texts")
        .put("millrace.yaml", "name: bad")
        .put("datasets/d.yaml", "source: data");
    body.putObject("sources").putObject("datasets/d.yaml").put("../../x.csv", "0".repeat(64));
    refused(
        program.post("/api/v1/projects/apply", body.toString()), 400, "expected a relative path");
  }

  @Test
  void aQueryReadsNoFileOfTheServer() {
    for (var sql :
        new String[] {
          "select * from read_csv('/etc/passwd')",
          "select * from '/etc/passwd'",
          "select * from read_text('/etc/passwd')",
          "copy (select 1) to '/tmp/x'",
          "attach '/tmp/x.db'",
          "install httpfs",
          "set enable_external_access=true"
        }) {
      JsonNode request = Json.object().put("sql", sql);
      var answer = program.post("/api/v1/query", request.toString());
      assertThat(answer.statusCode()).as(sql + ": " + answer.body()).isEqualTo(400);
      assertThat(answer.body()).doesNotContain("root:");
    }
  }

  // Who asks

  @Test
  void foreignHostsAndOriginsAreRefused() throws Exception {
    assertThat(status("GET /api/v1/models HTTP/1.1\r\nHost: example.com\r\n")).isEqualTo(403);
    assertThat(status("GET /health HTTP/1.1\r\nHost: example.com\r\n")).isEqualTo(200);
    assertThat(status("GET /version HTTP/1.1\r\nHost: example.com\r\n")).isEqualTo(200);
    assertThat(
            status(
                "GET /api/v1/models HTTP/1.1\r\nHost: localhost\r\nOrigin: http://example.com\r\n"))
        .isEqualTo(403);
    assertThat(status("GET /api/v1/models HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n"))
        .isEqualTo(403);
    assertThat(status("GET /v2/health/ready HTTP/1.1\r\nHost: localhost\r\n")).isEqualTo(200);
  }

  /** Java's client sets Host itself, so these are written by hand. */
  private static int status(String head) throws Exception {
    var url = URI.create(program.url());
    try (var socket = new java.net.Socket(url.getHost(), url.getPort())) {
      socket.setSoTimeout(10_000);
      socket
          .getOutputStream()
          .write(
              (head + "Connection: close\r\n\r\n")
                  .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      var line =
          new String(
                  socket.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
              .lines()
              .findFirst()
              .orElse("");
      return Integer.parseInt(line.split(" ")[1]);
    }
  }

  // Commands

  @Test
  void commandsSayWhatIsWrongAndHowTheyEnded() {
    assertThat(program.millrace("frobnicate").code()).isEqualTo(2);
    assertThat(program.millrace("run").code()).isEqualTo(2);
    var pipeline = program.millrace("run", "nope");
    assertThat(pipeline.code()).isEqualTo(1);
    assertThat(pipeline.err()).contains("no pipeline \"nope\"");
    assertThat(program.millrace("apply", folder.resolve("nowhere").toString()).code()).isEqualTo(1);
    var second =
        Program.run(java.util.List.of(), "up", "--port", "0", "--data", program.data().toString());
    assertThat(second.code()).isEqualTo(1);
    assertThat(second.err()).contains(program.data().toString()).doesNotContain("Exception");
    var busy =
        Program.run(
            java.util.List.of(),
            "up",
            "--port",
            program.url().replaceAll(".*:", ""),
            "--data",
            folder.resolve("other").toString());
    assertThat(busy.code()).isEqualTo(1);
    assertThat(busy.err()).contains("port").doesNotContain("Exception");
    var open =
        Program.run(
            java.util.List.of(),
            "up",
            "--host",
            "0.0.0.0",
            "--data",
            folder.resolve("open").toString());
    assertThat(open.code()).isNotZero();
    assertThat(open.err()).contains("authentication").doesNotContain("Exception");
  }
}
