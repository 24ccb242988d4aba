package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.millrace.base.Json;
import io.millrace.models.DataType;
import io.millrace.models.onnx.OnnxGraph;
import io.millrace.serving.oip.proto.InferParameter;
import io.millrace.serving.oip.proto.ModelInferRequest;
import io.millrace.serving.oip.proto.ModelInferResponse;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One request over every wire of the packaged program has one answer, bit by bit. */
final class InferenceWiresIT {
  private static final Path MODELS = Program.HOME.resolve("src/test/resources/models");
  private static final String INFER = "/v2/models/digits/infer";
  private static final int ROWS = 20;

  @TempDir static Path folder;
  private static Program program;
  private static Vertx vertx;
  private static HttpClient http2;
  private static JsonNode image;
  private static byte[] pixels;

  /** What a gRPC call ended with. */
  private record Ended(String status, String message, Buffer body) {}

  @BeforeAll
  static void start() throws Exception {
    program = Program.up(folder.resolve("data"));
    program.done("model", "import", "digits", MODELS.resolve("digits_cnn.onnx").toString());
    program.done("deploy", "digits", "--model", "digits/1");
    vertx = Vertx.vertx();
    http2 =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false));
    image =
        Json.parse(Files.readString(MODELS.resolve("digits_cnn.cases.json")))
            .path("request")
            .path("inputs")
            .get(0);
    var bytes = ByteBuffer.allocate(4 * ROWS * 64).order(ByteOrder.LITTLE_ENDIAN);
    for (var value : image.path("data")) bytes.putFloat(value.floatValue());
    pixels = bytes.array();
  }

  @AfterAll
  static void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    program.close();
  }

  @Test
  void jsonBytesAndGrpcGiveTheSameNumbers() throws Exception {
    var json = program.post(INFER, Json.write(Json.object().set("inputs", list(image))));
    assertThat(json.statusCode()).as(json.body()).isEqualTo(200);
    var probabilities = output(Json.parse(json.body()).path("outputs"));

    var head =
        "{\"inputs\":[{\"name\":\"image\",\"shape\":[20,1,8,8],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":5120}}],\"outputs\":[{\"name\":\"probabilities\",\"parameters\":{\"binary_data\":true}}]}"
            .getBytes(StandardCharsets.UTF_8);
    var packed = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(packed)) {
      gzip.write(head);
      gzip.write(pixels);
    }
    var bytes = bytes(INFER, packed.toByteArray(), head.length, "Content-Encoding", "gzip");
    assertThat(bytes.statusCode()).isEqualTo(200);
    assertThat(bytes.headers().firstValue("content-type")).contains("application/octet-stream");
    int length = jsonLength(bytes);
    same(
        probabilities, ByteBuffer.wrap(bytes.body(), length, bytes.body().length - length).slice());

    var ended = grpc("ModelInfer", request().build().toByteArray());
    assertThat(ended.status()).as(ended.message()).isEqualTo("0");
    var answer = ModelInferResponse.parseFrom(ended.body().getBytes(5, ended.body().length()));
    assertThat(answer.getModelVersion()).isEqualTo("1");
    assertThat(answer.getOutputs(0).getName()).isEqualTo("probabilities");
    same(probabilities, answer.getRawOutputContents(0).asReadOnlyByteBuffer());
  }

  @Test
  void overEveryWireAnAnswerIsExplainedWhereTheRequestAsksForIt() throws Exception {
    assertThat(grpc("ModelInfer", request().build().toByteArray()).status()).isEqualTo("0");
    var one = ((ObjectNode) image.deepCopy()).put("name", "image");
    one.putArray("shape").add(1).add(1).add(8).add(8);
    var data = one.putArray("data");
    for (int i = 0; i < 64; i++) data.add(image.path("data").get(i));
    var body = Json.object();
    body.putArray("inputs").add(one);
    body.putObject("parameters").put("explain", true).put("explain_permutations", 4);
    var json = program.post(INFER, body.toString());
    assertThat(json.statusCode()).as(json.body()).isEqualTo(200);
    var outputs = Json.parse(json.body()).path("outputs");
    var explained = outputs.get(outputs.size() - 1);
    assertThat(explained.path("name").asText()).isEqualTo("explanation");
    var explanation = Json.parse(explained.path("data").path(0).asText());
    assertThat(explanation.path("method").asText()).isEqualTo("sampling");
    assertThat(explanation.path("output").asText()).matches("probabilities\\[\\d]");
    assertThat(explanation.path("contributions")).hasSize(64);
    assertThat(Math.abs(explanation.path("residual").asDouble())).isLessThan(1e-6);

    var asked =
        ModelInferRequest.newBuilder()
            .setModelName("digits")
            .putParameters("explain", flag(true))
            .putParameters(
                "explain_permutations", InferParameter.newBuilder().setInt64Param(4).build())
            .addRawInputContents(ByteString.copyFrom(pixels, 0, 256));
    asked
        .addInputsBuilder()
        .setName("image")
        .setDatatype("FP32")
        .addShape(1)
        .addShape(1)
        .addShape(8)
        .addShape(8);
    asked.addOutputsBuilder().setName("probabilities");
    var ended = grpc("ModelInfer", asked.build().toByteArray());
    assertThat(ended.status()).as(ended.message()).isEqualTo("0");
    var answer = ModelInferResponse.parseFrom(ended.body().getBytes(5, ended.body().length()));
    assertThat(answer.getOutputs(1).getName()).isEqualTo("explanation");
    var text = answer.getRawOutputContents(1).substring(4).toStringUtf8();
    assertThat(Json.parse(text).path("answer")).isEqualTo(explanation.path("answer"));

    var id = json.headers().firstValue("x-millrace-prediction-id").orElseThrow();
    var later = program.get("/api/v1/predictions/" + id + "/explanation?permutations=4");
    assertThat(later.statusCode()).as(later.body()).isEqualTo(200);
    assertThat(Json.parse(later.body()).path("contributions"))
        .isEqualTo(explanation.path("contributions"));
    assertThat(program.done("explain", id, "--output", "probabilities[3]").out())
        .contains("probabilities[3]", "by digits/1: sampling", "image[", "+- ");
    assertThat(program.millrace("explain", "0".repeat(32)).err())
        .contains("no run \"000", "and no prediction \"000");
  }

  /** Two values of each type, as JSON has them: the largest one, and one that is hard to keep. */
  private static final Map<DataType, String> VALUES =
      new EnumMap<>(
          Map.ofEntries(
              Map.entry(DataType.BOOL, "[true,false]"),
              Map.entry(DataType.UINT8, "[255,1]"),
              Map.entry(DataType.UINT16, "[65535,32768]"),
              Map.entry(DataType.UINT32, "[4294967295,2147483648]"),
              Map.entry(DataType.UINT64, "[18446744073709551615,9007199254740993]"),
              Map.entry(DataType.INT8, "[127,-128]"),
              Map.entry(DataType.INT16, "[32767,-32768]"),
              Map.entry(DataType.INT32, "[2147483647,-2147483648]"),
              Map.entry(DataType.INT64, "[9223372036854775807,-9007199254740993]"),
              Map.entry(DataType.FP16, "[65504.0,5.9604645E-8]"),
              Map.entry(DataType.BF16, "[3.3895314E38,0.100097656]"),
              Map.entry(DataType.FP32, "[3.4028235E38,1.4E-45]"),
              Map.entry(DataType.FP64, "[1.7976931348623157E308,4.9E-324]"),
              Map.entry(DataType.BYTES, "[\"\",\"中\"]")));

  /** Serves a model that gives back what it takes, of these types; each input is named as its. */
  private static void serveTypes(String name, Collection<DataType> types) throws Exception {
    var graph = new OnnxGraph(name);
    for (var type : types) {
      graph.input(type.name(), type, -1);
      graph.node("Identity", type.name()).out("same_" + type);
      graph.output("same_" + type, type, -1);
    }
    var file = Files.write(folder.resolve(name + ".onnx"), graph.bytes());
    program.done("model", "import", name, file.toString());
    program.done("deploy", name, "--model", name + "/1");
  }

  private static ObjectNode ofTypes(boolean binaryOutput) {
    var request = Json.object();
    request.putObject("parameters").put("binary_data_output", binaryOutput);
    var inputs = request.putArray("inputs");
    VALUES.forEach((type, values) -> {
      var input = inputs.addObject().put("name", type.name()).put("datatype", type.name());
      input.putArray("shape").add(2);
      input.set("data", Json.parse(values));
    });
    return request;
  }

  private static void areTheValues(String answer) {
    var outputs = Json.parse(answer).path("outputs");
    assertThat(outputs).as(answer).hasSize(VALUES.size());
    for (var output : outputs)
      assertThat(output.path("data").toString())
          .isEqualTo(VALUES.get(DataType.named(output.path("datatype").asText())));
  }

  @Test
  void everyTypeHasItsValuesOverEveryWireAndInTheLog() throws Exception {
    serveTypes("types", VALUES.keySet());
    var path = "/v2/models/types/infer";
    var json = program.post(path, ofTypes(false).toString());
    areTheValues(json.body());

    var binary = bytes(path, ofTypes(true).toString().getBytes(StandardCharsets.UTF_8), -1);
    int length = jsonLength(binary);
    var tail = ByteBuffer.wrap(binary.body(), length, binary.body().length - length).slice();
    var head = ofTypes(false);
    var asked = ModelInferRequest.newBuilder().setModelName("types");
    var outputs = Json.parse(new String(binary.body(), 0, length, StandardCharsets.UTF_8));
    int at = 0;
    for (var output : outputs.path("outputs")) {
      var input = (ObjectNode) head.path("inputs").get(asked.getInputsCount());
      int size = output.path("parameters").path("binary_data_size").asInt();
      input.remove("data");
      input.putObject("parameters").put("binary_data_size", size);
      var type = input.path("datatype").asText();
      asked.addInputsBuilder().setName(type).setDatatype(type).addShape(2);
      asked.addRawInputContents(ByteString.copyFrom(tail.slice(at, size)));
      at += size;
    }
    var start = head.toString().getBytes(StandardCharsets.UTF_8);
    var body = ByteBuffer.allocate(start.length + tail.remaining()).put(start).put(tail).array();
    areTheValues(new String(bytes(path, body, start.length).body(), StandardCharsets.UTF_8));

    var answer = inferred(asked);
    assertThat(answer.getRawOutputContentsList()).isEqualTo(asked.getRawInputContentsList());

    // Halves have no typed contents.
    var types = EnumSet.complementOf(EnumSet.of(DataType.FP16, DataType.BF16));
    serveTypes("typed", types);
    for (var type : types) asked.addOutputsBuilder().setName("same_" + type);
    var typed = inferred(asked.putParameters("binary_data_output", flag(false)));
    var again = ModelInferRequest.newBuilder().setModelName("typed");
    again.putParameters("binary_data_output", flag(false));
    for (var output : typed.getOutputsList())
      again
          .addInputsBuilder()
          .setName(output.getDatatype())
          .setDatatype(output.getDatatype())
          .addShape(2)
          .setContents(output.getContents());
    assertThat(inferred(again).getOutputsList()).isEqualTo(typed.getOutputsList());

    var id = json.headers().firstValue("x-millrace-prediction-id").orElseThrow();
    for (int row = 0; row < 2; row++) {
      var logged = program.get("/api/v1/predictions/" + id + "/" + row);
      assertThat(logged.statusCode()).as(logged.body()).isEqualTo(200);
      for (var value : VALUES.entrySet()) {
        var expected = Json.parse(value.getValue()).get(row);
        var inputs = Json.parse(logged.body()).path("inputs");
        var got = inputs.path(value.getKey().name());
        if (expected.isDouble()) assertThat(got.asDouble()).isEqualTo(expected.asDouble());
        else assertThat(got).isEqualTo(expected);
      }
    }
  }

  private static ModelInferResponse inferred(ModelInferRequest.Builder request) throws Exception {
    var ended = grpc("ModelInfer", request.build().toByteArray());
    assertThat(ended.status()).as(ended.message()).isEqualTo("0");
    return ModelInferResponse.parseFrom(ended.body().getBytes(5, ended.body().length()));
  }

  private static int jsonLength(HttpResponse<byte[]> answer) {
    return Integer.parseInt(
        answer.headers().firstValue("inference-header-content-length").orElseThrow());
  }

  private static InferParameter flag(boolean value) {
    return InferParameter.newBuilder().setBoolParam(value).build();
  }

  @Test
  void whatIsRefusedOverGrpcEndsWithItsCodeAndReason() throws Exception {
    var unknown = grpc("ModelInfer", request().setModelName("digit").build().toByteArray());
    assertThat(unknown.status()).isEqualTo("5");
    assertThat(unknown.message()).isEqualTo("no endpoint \"digit\"; did you mean \"digits\"?");
    assertThat(grpc("ModelInfer", new byte[] {-1}).status()).isEqualTo("3");
    assertThat(grpc("NoSuchMethod", new byte[0]).status()).isEqualTo("12");
    var large = Buffer.buffer().appendByte((byte) 0).appendInt(Integer.MAX_VALUE);
    assertThat(grpc("ModelInfer", large).status()).isEqualTo("8");
    assertThat(grpc("ModelInfer", Buffer.buffer()).status()).isEqualTo("3");
  }

  private static ModelInferRequest.Builder request() {
    var request = ModelInferRequest.newBuilder().setModelName("digits");
    request
        .addInputsBuilder()
        .setName("image")
        .setDatatype("FP32")
        .addShape(ROWS)
        .addShape(1)
        .addShape(8)
        .addShape(8);
    request.addOutputsBuilder().setName("probabilities");
    return request.addRawInputContents(ByteString.copyFrom(pixels));
  }

  private static JsonNode list(JsonNode element) {
    return Json.mapper().createArrayNode().add(element);
  }

  private static JsonNode output(JsonNode outputs) {
    for (var output : outputs)
      if (output.path("name").asText().equals("probabilities")) return output.path("data");
    throw new AssertionError("no output probabilities in " + outputs);
  }

  private static void same(JsonNode expected, ByteBuffer got) {
    var floats = got.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    assertThat(floats.remaining()).isEqualTo(expected.size());
    for (var value : expected) assertThat(floats.get()).isEqualTo(Float.parseFloat(value.asText()));
  }

  /** Posts a body of JSON and bytes; all of it is JSON where the length is negative. */
  private static HttpResponse<byte[]> bytes(
      String path, byte[] body, int jsonLength, String... headers) throws Exception {
    try (var client = java.net.http.HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(URI.create(program.url() + path))
              .POST(HttpRequest.BodyPublishers.ofByteArray(body));
      if (jsonLength >= 0)
        request.header("Inference-Header-Content-Length", String.valueOf(jsonLength));
      if (headers.length > 0) request.headers(headers);
      return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }
  }

  private static Ended grpc(String method, byte[] message) throws Exception {
    return grpc(
        method,
        Buffer.buffer().appendByte((byte) 0).appendInt(message.length).appendBytes(message));
  }

  private static Ended grpc(String method, Buffer frames) throws Exception {
    var url = URI.create(program.url());
    return http2
        .request(
            HttpMethod.POST,
            url.getPort(),
            url.getHost(),
            "/inference.GRPCInferenceService/" + method)
        .compose(request ->
            request
                .putHeader("content-type", "application/grpc")
                .putHeader("te", "trailers")
                .send(frames))
        .compose(response ->
            response
                .body()
                .map(body ->
                    new Ended(
                        Optional.ofNullable(response.getTrailer("grpc-status"))
                            .orElseGet(() -> response.getHeader("grpc-status")),
                        Optional.ofNullable(response.getHeader("grpc-message")).orElse(""),
                        body)))
        .toCompletionStage()
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS);
  }
}
