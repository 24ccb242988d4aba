package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.base.Json;
import io.millrace.serving.oip.proto.ModelInferResponse;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests that are broken in their bytes or in their structure, over every wire: each is answered
 * or refused in the wire's own form, none is a fault of the server (500, INTERNAL), and a good
 * request gets the answer that it always gets.
 */
final class ServingFuzzIT {
  private static final int REQUESTS =
      Integer.getInteger(
          "millrace.fuzzed", Boolean.getBoolean("millrace.soak") ? 1_000_000 : 100_000);

  /** Requests of one wire, after which a good one is asked on each. */
  private static final int PART = 1_000;

  /** How many are sent before the first answer is read. */
  private static final int AHEAD = 50;

  private static final int CONNECTIONS = 4;
  private static final String LENGTH = "Inference-Header-Content-Length";
  private static final String SERVICE = "/inference.GRPCInferenceService/";

  /** All but the one that takes an endpoint out of service. */
  private static final List<String> METHODS =
      List.of(
          "ModelReady",
          "ModelMetadata",
          "ModelConfig",
          "ModelStatistics",
          "RepositoryIndex",
          "RepositoryModelLoad",
          "ServerMetadata",
          "TraceSetting",
          "LogSettings",
          "NoSuchMethod");

  private static final List<String> PATHS =
      List.of(
          "/v2/models/titanic_logreg/versions/1/infer",
          "/v2/models/titanic_logreg/versions/%00/infer",
          "/v2/models/a%2Fb/infer",
          "/v2/models//infer",
          "/v2/repository/index",
          "/v2/repository/models/titanic_logreg/load",
          "/v2/trace/setting",
          "/v2/logging");

  @TempDir static Path folder;
  private static Program program;
  private static Vertx vertx;
  private static Context loop;
  private static HttpClient http2;
  private static final List<ValidRequest> VALID = new ArrayList<>();

  /** What is answered to a valid request, as the wires have it. */
  private static final Map<String, List<String>> ALWAYS = new HashMap<>();

  /** A gRPC call, for a failure to tell. */
  private record Call(String method, Map<String, String> headers, Buffer frames) {}

  private record Ended(int http, @Nullable String status, Buffer body) {}

  @BeforeAll
  static void start() throws Exception {
    program = Program.up(folder.resolve("data"));
    vertx = Vertx.vertx();
    loop = vertx.getOrCreateContext();
    http2 =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false));
    for (var model : List.of("titanic_logreg", "diamonds_mlp")) {
      program.done(
          "model", "import", model, ValidRequest.MODELS.resolve(model + ".onnx").toString());
      program.done("deploy", model, "--model", model + "/1");
      var valid = ValidRequest.of(model);
      VALID.add(valid);
      try (var connection = new Pipelined(program.url())) {
        ALWAYS.put(model, answers(connection, valid));
      }
    }
  }

  @AfterAll
  static void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    program.close();
  }

  @Test
  void noRequestIsAFaultOfTheServer() throws Exception {
    long seed = Long.getLong("millrace.seed", System.nanoTime());
    var statuses = new TreeMap<String, Integer>();
    var parts = new AtomicInteger();
    Callable<Map<String, Integer>> work =
        () -> {
          var seen = new HashMap<String, Integer>();
          try (var connection = new Pipelined(program.url())) {
            for (int part = parts.getAndIncrement();
                part < REQUESTS / PART;
                part = parts.getAndIncrement()) {
              part(connection, part % 3, new Random(seed + part), seen);
              for (var valid : VALID)
                assertThat(answers(connection, valid)).isEqualTo(ALWAYS.get(valid.model()));
            }
          } catch (Exception | AssertionError e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
          }
          return seen;
        };
    long began = System.nanoTime();
    try (var workers = Executors.newFixedThreadPool(CONNECTIONS)) {
      for (var worker : workers.invokeAll(Collections.nCopies(CONNECTIONS, work)))
        worker.get().forEach((status, count) -> statuses.merge(status, count, Integer::sum));
    }
    assertThat(Files.readAllLines(folder.resolve("data.log")))
        .as("seed %d: the server's log", seed)
        .noneMatch(line -> line.contains(" ERROR ") || line.contains(" WARN "));
    assertThat(statuses.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(REQUESTS);
    System.out.printf(
        "%d fuzzed requests in %d s: %s%n",
        REQUESTS, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began), statuses);
  }

  /** Over REST in JSON, in bytes, or over gRPC. */
  private static void part(Pipelined connection, int wire, Random random, Map<String, Integer> seen)
      throws Exception {
    for (int sent = 0; sent < PART; sent += AHEAD) {
      if (wire == 2) calls(random, seen);
      else posts(connection, wire == 1, random, seen);
    }
  }

  private static void posts(
      Pipelined connection, boolean binary, Random random, Map<String, Integer> seen)
      throws IOException {
    var requests = new ArrayList<Pipelined.Request>();
    for (int i = 0; i < AHEAD; i++) requests.add(post(binary, random));
    var answers = connection.send(requests);
    for (int i = 0; i < AHEAD; i++) {
      var answer = answers.get(i);
      var told = told(requests.get(i));
      assertThat(answer.status()).as("%s: %s", told, answer.text()).isNotEqualTo(500);
      if (answer.status() != 200) {
        assertThat(Json.parse(answer.text()).path("error").asText()).as(told).isNotBlank();
      }
      seen.merge(String.valueOf(answer.status()), 1, Integer::sum);
    }
  }

  private static Pipelined.Request post(boolean binary, Random random) throws IOException {
    var mutations = new Mutations(random);
    var valid = mutations.any(VALID);
    var headers = new HashMap<String, String>();
    var document = binary ? valid.head() : valid.json();
    var head =
        Json.mapper()
            .writeValueAsBytes(random.nextBoolean() ? mutations.document(document) : document);
    var out = new ByteArrayOutputStream();
    out.writeBytes(head);
    if (binary) {
      headers.put(
          LENGTH,
          String.valueOf(
              mutations.chance(20)
                  ? mutations.number()
                  : head.length + (mutations.chance(10) ? random.nextInt(-3, 4) : 0)));
      out.writeBytes(random.nextBoolean() ? mutations.bytes(valid.tail()) : valid.tail());
    }
    var body = random.nextBoolean() ? mutations.bytes(out.toByteArray()) : out.toByteArray();
    if (mutations.chance(8)) {
      var packing = mutations.any(List.of("gzip", "deflate", "br", "identity", "gzip, gzip", ""));
      headers.put("Content-Encoding", packing);
      body = packed(packing, body);
      if (random.nextBoolean()) body = mutations.bytes(body);
    }
    if (mutations.chance(10)) headers.put("Accept-Encoding", mutations.any(List.of("gzip", "*")));
    if (mutations.chance(20))
      headers.put("Content-Type", mutations.any(List.of("text/plain", "a/b;c", "nonsense", "/")));
    var path = mutations.chance(20) ? mutations.any(PATHS) : valid.path();
    return new Pipelined.Request(path, headers, body);
  }

  private static byte[] packed(String packing, byte[] body) throws IOException {
    var out = new ByteArrayOutputStream();
    switch (packing) {
      case "gzip" -> {
        try (var gzip = new GZIPOutputStream(out)) {
          gzip.write(body);
        }
      }
      case "deflate" -> {
        try (var deflate = new DeflaterOutputStream(out)) {
          deflate.write(body);
        }
      }
      default -> out.writeBytes(body);
    }
    return out.toByteArray();
  }

  private static String told(Pipelined.Request request) {
    return "%s %s %s"
        .formatted(request.path(), request.headers(), HexFormat.of().formatHex(request.body()));
  }

  private static void calls(Random random, Map<String, Integer> seen) throws Exception {
    var calls = new ArrayList<Call>();
    var answers = new ArrayList<Future<Ended>>();
    for (int i = 0; i < AHEAD; i++) calls.add(call(random));
    for (var call : calls) answers.add(send(call));
    for (int i = 0; i < AHEAD; i++) {
      var call = calls.get(i);
      var told =
          "%s %s %s"
              .formatted(
                  call.method(),
                  call.headers(),
                  HexFormat.of().formatHex(call.frames().getBytes()));
      var ended = ended(answers.get(i), told);
      if (ended.http() != 415) {
        assertThat(ended.status()).as(told).isNotNull().isNotIn("2", "13");
      }
      seen.merge("gRPC " + ended.status(), 1, Integer::sum);
    }
  }

  private static Ended ended(Future<Ended> answer, String told) throws Exception {
    try {
      return answer.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("not answered: " + told, e);
    }
  }

  private static Call call(Random random) throws IOException {
    var mutations = new Mutations(random);
    var headers = new HashMap<String, String>();
    headers.put("content-type", "application/grpc");
    var method =
        mutations.chance(4)
            ? mutations.any(METHODS)
            : mutations.chance(4) ? "ModelStreamInfer" : "ModelInfer";
    boolean packed = mutations.chance(8);
    var frames = Buffer.buffer();
    int messages =
        method.equals("ModelStreamInfer") || mutations.chance(20) ? random.nextInt(4) : 1;
    for (int i = 0; i < messages; i++) {
      var message = mutations.any(VALID).message();
      if (random.nextBoolean()) message = mutations.message(message);
      var bytes = message.toByteArray();
      if (random.nextBoolean()) bytes = mutations.bytes(bytes);
      if (packed) bytes = packed("gzip", bytes);
      frames.appendByte((byte) (packed ? 1 : 0)).appendInt(bytes.length).appendBytes(bytes);
    }
    if (packed && !mutations.chance(4))
      headers.put("grpc-encoding", mutations.any(List.of("gzip", "gzip", "deflate", "br")));
    if (mutations.chance(6)) frames = Buffer.buffer(mutations.bytes(frames.getBytes()));
    if (mutations.chance(20))
      headers.put("grpc-timeout", mutations.any(List.of("1n", "99999999H", "x", "-1S", "0u")));
    if (mutations.chance(40))
      headers.put(
          "content-type", mutations.any(List.of("application/json", "application/grpc+proto")));
    return new Call(method, headers, frames);
  }

  /**
   * All on one event loop: an answer without a body can come before it is asked for, and is lost,
   * where the calls are made from other threads.
   */
  private static Future<Ended> send(Call call) {
    var ended = Promise.<Ended>promise();
    loop.runOnContext(_ -> sent(call).onComplete(ended));
    return ended.future();
  }

  private static Future<Ended> sent(Call call) {
    var url = URI.create(program.url());
    return http2
        .request(HttpMethod.POST, url.getPort(), url.getHost(), SERVICE + call.method())
        .compose(request -> {
          call.headers().forEach(request::putHeader);
          return request.putHeader("te", "trailers").send(call.frames());
        })
        .compose(response ->
            response
                .body()
                .map(body ->
                    new Ended(
                        response.statusCode(),
                        Optional.ofNullable(response.getTrailer("grpc-status"))
                            .orElseGet(() -> response.getHeader("grpc-status")),
                        body)));
  }

  /** What a valid request is answered over each wire. */
  private static List<String> answers(Pipelined connection, ValidRequest valid) throws Exception {
    var head = Json.mapper().writeValueAsBytes(valid.head());
    var body = Arrays.copyOf(head, head.length + valid.tail().length);
    System.arraycopy(valid.tail(), 0, body, head.length, valid.tail().length);
    var json = Json.mapper().writeValueAsBytes(valid.json());
    var answers = new ArrayList<String>();
    for (var answer :
        connection.send(
            List.of(
                new Pipelined.Request(valid.path(), Map.of(), json),
                new Pipelined.Request(
                    valid.path(), Map.of(LENGTH, String.valueOf(head.length)), body)))) {
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      answers.add(answer.text());
    }
    var message = valid.message().toByteArray();
    var frame = Buffer.buffer().appendByte((byte) 0).appendInt(message.length).appendBytes(message);
    var ended =
        ended(
            send(new Call("ModelInfer", Map.of("content-type", "application/grpc"), frame)),
            "a valid request");
    assertThat(ended.status()).isEqualTo("0");
    answers.add(
        ModelInferResponse.parseFrom(ended.body().getBytes(5, ended.body().length())).toString());
    return answers;
  }
}
