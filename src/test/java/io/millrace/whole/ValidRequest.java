package io.millrace.whole;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.millrace.base.Json;
import io.millrace.serving.oip.proto.ModelInferRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The recorded request of an example model, two rows of it, as each wire has it.
 *
 * @param json all of it as JSON
 * @param head what is JSON of it where the tensors are bytes, which are {@code tail}
 */
@SuppressWarnings("ArrayRecordComponent")
record ValidRequest(
    String model, ObjectNode json, ObjectNode head, byte[] tail, ModelInferRequest message) {
  static final Path MODELS = Program.HOME.resolve("src/test/resources/models");

  private static final int ROWS = 2;

  static ValidRequest of(String model) throws IOException {
    var recorded = Json.parse(Files.readString(MODELS.resolve(model + ".cases.json")));
    var json = Json.object();
    var head = Json.object();
    var tail = new ByteArrayOutputStream();
    var message = ModelInferRequest.newBuilder().setModelName(model).setId("valid");
    var inputs = json.put("id", "valid").putArray("inputs");
    var described = head.put("id", "valid").putArray("inputs");
    for (var given : recorded.path("request").path("inputs")) {
      ObjectNode input = given.deepCopy();
      int elements = ROWS * given.path("data").size() / given.path("shape").get(0).asInt();
      input.withArray("shape").set(0, ROWS);
      var data = input.putArray("data");
      for (int i = 0; i < elements; i++) data.add(given.path("data").get(i));
      inputs.add(input);
      var raw = raw(input);
      tail.writeBytes(raw);
      ObjectNode outline = input.deepCopy();
      outline.remove("data");
      outline.putObject("parameters").put("binary_data_size", raw.length);
      described.add(outline);
      var tensor =
          message
              .addInputsBuilder()
              .setName(input.path("name").asText())
              .setDatatype(input.path("datatype").asText());
      input.path("shape").forEach(size -> tensor.addShape(size.asLong()));
      message.addRawInputContents(ByteString.copyFrom(raw));
    }
    return new ValidRequest(model, json, head, tail.toByteArray(), message.build());
  }

  private static byte[] raw(ObjectNode input) {
    var out = new ByteArrayOutputStream();
    for (var value : input.path("data")) {
      var text = value.asText().getBytes(StandardCharsets.UTF_8);
      var bytes = ByteBuffer.allocate(8 + text.length).order(ByteOrder.LITTLE_ENDIAN);
      switch (input.path("datatype").asText()) {
        case "FP32" -> bytes.putFloat(value.isNull() ? Float.NaN : value.floatValue());
        case "INT64" -> bytes.putLong(value.asLong());
        default -> bytes.putInt(text.length).put(text);
      }
      out.write(bytes.array(), 0, bytes.position());
    }
    return out.toByteArray();
  }

  String path() {
    return "/v2/models/" + model + "/infer";
  }
}
