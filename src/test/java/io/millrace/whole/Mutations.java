package io.millrace.whole;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.millrace.base.Json;
import io.millrace.serving.oip.proto.InferParameter;
import io.millrace.serving.oip.proto.ModelInferRequest;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Changes valid requests, in their bytes and in their structure, into what nobody thought of. */
final class Mutations {
  static final List<String> WORDS =
      List.of(
          "",
          "a",
          "age",
          "sex",
          "label",
          "FP32",
          "FP16",
          "BF16",
          "INT64",
          "BYTES",
          "BOOL",
          "float",
          "id",
          "name",
          "data",
          "shape",
          "inputs",
          "outputs",
          "parameters",
          "datatype",
          "binary_data",
          "binary_data_size",
          "binary_data_output",
          "classification",
          "content_type",
          "base64",
          "timeout",
          "priority",
          "sequence_id",
          "triton_x",
          "shared_memory_region",
          "model_name",
          "titanic",
          "1",
          "-1",
          "99999999999999999999",
          "\0",
          "Zürich 🚂",
          "x".repeat(3_000));

  private static final List<String> TOKENS =
      List.of(
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "\"",
          "\\",
          "null",
          "true",
          "NaN",
          "-Infinity",
          "1e999",
          "-0",
          "1.5",
          "9223372036854775808",
          "\\u0000",
          "\\ud800",
          "\0",
          "\n",
          "[[[[[[[[",
          "{\"a\":",
          "\"id\":7,",
          "\"binary_data_size\":4");

  private static final List<Long> NUMBERS =
      List.of(
          0L,
          1L,
          -1L,
          2L,
          24L,
          127L,
          128L,
          1L << 31,
          -1L << 31,
          (1L << 32) + 1,
          (1L << 53) + 1,
          1L << 62,
          Long.MAX_VALUE,
          Long.MIN_VALUE);

  private final Random random;

  Mutations(Random random) {
    this.random = random;
  }

  <T> T any(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  boolean chance(int outOf) {
    return random.nextInt(outOf) == 0;
  }

  /** With a few bytes other than they were, fewer or more. */
  byte[] bytes(byte[] given) {
    var bytes = given;
    for (int change = random.nextInt(3); change >= 0; change--) bytes = changed(bytes);
    return bytes;
  }

  private byte[] changed(byte[] given) {
    if (given.length == 0) return any(TOKENS).getBytes(StandardCharsets.UTF_8);
    int at = random.nextInt(given.length);
    int to = at + random.nextInt(Math.min(64, given.length - at) + 1);
    return switch (random.nextInt(7)) {
      case 0 -> {
        var bytes = given.clone();
        bytes[at] ^= (byte) (1 << random.nextInt(8));
        yield bytes;
      }
      case 1 -> {
        var bytes = given.clone();
        bytes[at] = any(List.of((byte) 0, (byte) -1, (byte) 1, (byte) 127, (byte) '"', (byte) ' '));
        yield bytes;
      }
      case 2 -> joined(given, 0, at, new byte[0], at, given.length);
      case 3 -> joined(given, 0, at, new byte[0], to, given.length);
      case 4 -> joined(given, 0, to, new byte[0], at, given.length);
      case 5 ->
          joined(given, 0, at, any(TOKENS).getBytes(StandardCharsets.UTF_8), to, given.length);
      default -> joined(given, 0, at, new byte[0], given.length, given.length);
    };
  }

  private static byte[] joined(byte[] of, int from, int to, byte[] middle, int again, int end) {
    var out = new ByteArrayOutputStream();
    out.write(of, from, to - from);
    out.writeBytes(middle);
    out.write(of, again, end - again);
    return out.toByteArray();
  }

  /** With a few values, keys or elements other than they were, fewer or more. */
  ObjectNode document(ObjectNode given) {
    var document = given.deepCopy();
    for (int change = random.nextInt(3); change >= 0; change--) {
      var containers = new ArrayList<JsonNode>();
      gather(document, containers);
      switch (any(containers)) {
        case ObjectNode object -> change(object);
        case ArrayNode array -> change(array);
        default -> throw new IllegalStateException("neither object nor list");
      }
    }
    return document;
  }

  private static void gather(JsonNode node, List<JsonNode> containers) {
    if (!node.isContainerNode()) return;
    containers.add(node);
    for (var child : node) gather(child, containers);
  }

  private void change(ObjectNode object) {
    var keys = new ArrayList<>(object.properties());
    if (keys.isEmpty() || chance(6)) {
      object.set(any(WORDS), value());
      return;
    }
    var entry = any(keys);
    switch (random.nextInt(4)) {
      case 0 -> object.remove(entry.getKey());
      case 1 -> object.set(any(WORDS), entry.getValue().deepCopy());
      case 2 -> object.set(entry.getKey(), deep(entry.getValue().deepCopy()));
      default -> object.set(entry.getKey(), value());
    }
  }

  private void change(ArrayNode array) {
    if (array.isEmpty() || chance(6)) {
      array.add(value());
      return;
    }
    int at = random.nextInt(array.size());
    switch (random.nextInt(5)) {
      case 0 -> array.remove(at);
      case 1 -> array.insert(random.nextInt(array.size() + 1), array.get(at).deepCopy());
      case 2 -> array.set(at, deep(array.get(at).deepCopy()));
      case 3 -> {
        var first = array.get(0).deepCopy();
        array.set(0, array.get(at).deepCopy());
        array.set(at, first);
      }
      default -> array.set(at, value());
    }
  }

  private JsonNode deep(JsonNode node) {
    JsonNode inner = node;
    for (int level = chance(20) ? 200 : 1 + random.nextInt(3); level > 0; level--)
      inner = Json.mapper().createArrayNode().add(inner);
    return inner;
  }

  private JsonNode value() {
    var nodes = JsonNodeFactory.instance;
    return switch (random.nextInt(9)) {
      case 0 -> nodes.nullNode();
      case 1 -> nodes.booleanNode(random.nextBoolean());
      case 2 -> nodes.numberNode(number());
      case 3 -> nodes.numberNode(random.nextGaussian());
      case 4 -> nodes.numberNode(BigInteger.TWO.pow(random.nextInt(2_000)).negate());
      case 5 -> nodes.numberNode(new BigDecimal(BigInteger.ONE, random.nextInt(2_000) - 1_000));
      case 6 -> nodes.arrayNode();
      case 7 -> nodes.objectNode();
      default -> nodes.textNode(any(WORDS));
    };
  }

  long number() {
    return any(NUMBERS);
  }

  /** With a few fields other than they were, fewer or more. */
  ModelInferRequest message(ModelInferRequest given) {
    var message = given.toBuilder();
    for (int change = random.nextInt(3); change >= 0; change--) change(message);
    return message.build();
  }

  private void change(ModelInferRequest.Builder message) {
    int count = message.getInputsCount();
    int at = count == 0 ? -1 : random.nextInt(count);
    switch (random.nextInt(count == 0 ? 7 : 17)) {
      case 0 -> message.setModelName(chance(2) ? any(WORDS) : message.getModelName());
      case 1 -> message.setModelVersion(any(WORDS));
      case 2 -> message.setId(any(WORDS));
      case 3 -> message.putParameters(any(WORDS), parameter());
      case 4 -> message.addOutputsBuilder().setName(any(WORDS)).putParameters("a", parameter());
      case 5 -> message.addRawInputContents(ByteString.copyFrom(bytes(new byte[8])));
      case 6 -> message.clearRawInputContents();
      case 7 -> message.removeInputs(at);
      case 8 -> message.addInputs(message.getInputs(at));
      case 9 -> message.getInputsBuilder(at).setName(any(WORDS));
      case 10 -> message.getInputsBuilder(at).setDatatype(any(WORDS));
      case 11 -> message.getInputsBuilder(at).addShape(number());
      case 12 -> message.getInputsBuilder(at).clearShape().addShape(number()).addShape(number());
      case 13 -> message.getInputsBuilder(at).putParameters(any(WORDS), parameter());
      case 14 -> message.getInputsBuilder(at).clearContents();
      case 15 -> {
        var contents = message.getInputsBuilder(at).getContentsBuilder();
        switch (random.nextInt(4)) {
          case 0 -> contents.addInt64Contents(number());
          case 1 -> contents.addFp32Contents(Float.intBitsToFloat(random.nextInt()));
          case 2 -> contents.addIntContents((int) number());
          default -> contents.addBytesContents(ByteString.copyFrom(bytes(new byte[3])));
        }
      }
      default -> {
        if (message.getRawInputContentsCount() > 0) {
          int raw = random.nextInt(message.getRawInputContentsCount());
          var bytes = bytes(message.getRawInputContents(raw).toByteArray());
          message.setRawInputContents(raw, ByteString.copyFrom(bytes));
        }
      }
    }
  }

  private InferParameter parameter() {
    var parameter = InferParameter.newBuilder();
    return switch (random.nextInt(6)) {
      case 0 -> parameter.setBoolParam(true).build();
      case 1 -> parameter.setInt64Param(number()).build();
      case 2 -> parameter.setStringParam(any(WORDS)).build();
      case 3 -> parameter.setDoubleParam(random.nextGaussian()).build();
      case 4 -> parameter.setUint64Param(number()).build();
      default -> parameter.build();
    };
  }
}
