package io.millrace.serving.oip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.models.DataType;
import io.millrace.models.Field;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import io.millrace.serving.InferRequest;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BinaryDataTest {
  private static final byte[] TWO_FLOATS = raw(Tensor.of("x", 1.5f, -2f));
  private static final Signature PAIR =
      new Signature(
          List.of(
              Field.column("x", DataType.FP32, false), Field.column("t", DataType.BYTES, false)),
          List.of());

  @Test
  void bytesFollowTheJsonInTheOrderOfTheInputs() {
    var texts = raw(Tensor.of("t", "Rome", "Ōsaka"));
    var request =
        read(
            PAIR,
            "{\"inputs\":[%s,%s]}"
                .formatted(
                    tensor("t", "BYTES", "[2]", texts.length), tensor("x", "FP32", "[2]", 8)),
            texts,
            TWO_FLOATS);
    assertThat(request.inputs())
        .containsExactly(Tensor.of("x", 1.5f, -2f), Tensor.of("t", "Rome", "Ōsaka"));
  }

  @Test
  void jsonAndBytesMayBeMixed() {
    var request =
        read(
            PAIR,
            "{\"inputs\":[%s,{\"name\":\"t\",\"datatype\":\"BYTES\",\"shape\":[2],\"data\":[\"a\",\"b\"]}]}"
                .formatted(tensor("x", "FP32", "[2]", 8)),
            TWO_FLOATS);
    assertThat(request.inputs())
        .containsExactly(Tensor.of("x", 1.5f, -2f), Tensor.of("t", "a", "b"));
  }

  @ParameterizedTest
  @CsvSource({"-1", "99999", "x", "''", "2147483648"})
  void aLengthOfJsonOutsideTheBodyIsRefused(String header) {
    assertThatThrownBy(() -> InferRequestReader.read(new byte[3], header, PAIR))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("header Inference-Header-Content-Length: got \"" + header + "\"");
  }

  @Test
  void sizesThatDoNotFitAreRefusedByName() {
    var x = new Signature(List.of(Field.column("x", DataType.FP32, false)), List.of());
    var json = "{\"inputs\":[%s]}";
    assertThatThrownBy(() -> read(x, json.formatted(tensor("x", "FP32", "[2]", 12)), TWO_FLOATS))
        .hasMessage(
            "input \"x\": binary_data_size is 12, and 8 bytes are left after the JSON and the inputs before");
    assertThatThrownBy(() -> read(x, json.formatted(tensor("x", "FP32", "[3]", 8)), TWO_FLOATS))
        .hasMessage(
            "input \"x\": got 8 bytes, expected 3 elements of 4 bytes for shape [3] of FP32");
    assertThatThrownBy(() -> read(x, json.formatted(tensor("x", "FP32", "[1]", 4)), TWO_FLOATS))
        .hasMessageStartingWith("4 bytes are left after the last input");
    assertThatThrownBy(() ->
            read(x, json.formatted(tensor("x", "FP32", "[4611686018427387904]", 8)), TWO_FLOATS))
        .isInstanceOf(InvalidInput.class);
    assertThatThrownBy(() ->
            read(
                x,
                json.formatted(tensor("x", "FP32", "[2]", 8).replace("}}", "},\"data\":[1,2]}")),
                TWO_FLOATS))
        .hasMessage(
            "input \"x\" has both \"data\" and the parameter \"binary_data_size\": expected one");
    assertThatThrownBy(() -> read(x, json.formatted(tensor("x", "FP32", "[2]", -8)), TWO_FLOATS))
        .hasMessage(
            "parameter \"binary_data_size\" of input \"x\": got -8, expected a whole number from 0 to 2147483647");
  }

  @Test
  void bytesThatAreNoTextsAreRefused() {
    var t = new Signature(List.of(Field.column("t", DataType.BYTES, false)), List.of());
    for (var element :
        List.of(new byte[] {(byte) 0xC3}, new byte[] {'a', 0}, new byte[] {(byte) 0xFF, 'b'})) {
      var bytes =
          ByteBuffer.allocate(4 + element.length)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putInt(element.length)
              .put(element)
              .array();
      assertThatThrownBy(() ->
              read(
                  t,
                  "{\"inputs\":[%s]}".formatted(tensor("t", "BYTES", "[1]", bytes.length)),
                  bytes))
          .isInstanceOf(InvalidInput.class)
          .hasMessageStartingWith("input \"t\": element 0: got ");
    }
    assertThatThrownBy(() ->
            read(
                t,
                "{\"inputs\":[%s]}".formatted(tensor("t", "BYTES", "[1]", 4)),
                new byte[] {-1, -1, -1, -1}))
        .hasMessage("input \"t\": element 0: its length says 4294967295 bytes, and 0 are left");
    assertThatThrownBy(() ->
            read(
                t,
                "{\"inputs\":[%s]}".formatted(tensor("t", "BYTES", "[3]", 4)),
                new byte[] {0, 0, 0, 0}))
        .hasMessage("input \"t\": got 1 elements, expected 3 for shape [3]");
  }

  @Test
  void aTruthValueIsAByteOfZeroOrOne() {
    var b = new Signature(List.of(Field.column("b", DataType.BOOL, false)), List.of());
    assertThatThrownBy(() ->
            read(
                b, "{\"inputs\":[%s]}".formatted(tensor("b", "BOOL", "[2]", 2)), new byte[] {1, 2}))
        .hasMessage("input \"b\": element 1: got the byte 2, expected 0 or 1");
  }

  @Test
  void aBodyWithoutJsonIsTheOneInput() {
    var image =
        new Signature(
            List.of(new Field("image", DataType.FP32, List.of(-1L, 1L, 2L), false)), List.of());
    var request = InferRequestReader.read(TWO_FLOATS, "0", image);
    assertThat(request.inputs().getFirst().shape()).containsExactly(1, 1, 2);
    assertThat(request.parameters()).containsEntry("binary_data_output", true);
    assertThatThrownBy(() -> InferRequestReader.read(new byte[7], "0", image))
        .isInstanceOf(InvalidInput.class);
    assertThatThrownBy(() -> InferRequestReader.read(TWO_FLOATS, "0", PAIR))
        .hasMessage(
            "a body without JSON (Inference-Header-Content-Length: 0) is for a model with one input, and this one has [x, t]");
    var text = new Signature(List.of(Field.column("t", DataType.BYTES, false)), List.of());
    assertThat(
            InferRequestReader.read("Rome".getBytes(StandardCharsets.UTF_8), "0", text)
                .inputs()
                .getFirst())
        .isEqualTo(Tensor.of("t", "Rome"));
  }

  private static byte[] raw(Tensor tensor) {
    return RawTensors.write(tensor);
  }

  private static String tensor(String name, String datatype, String shape, int size) {
    return "{\"name\":\"%s\",\"datatype\":\"%s\",\"shape\":%s,\"parameters\":{\"binary_data_size\":%d}}"
        .formatted(name, datatype, shape, size);
  }

  private static InferRequest read(Signature signature, String json, byte[]... tails) {
    var head = json.getBytes(StandardCharsets.UTF_8);
    var body = new ByteArrayOutputStream();
    body.writeBytes(head);
    for (var tail : tails) body.writeBytes(tail);
    return InferRequestReader.read(body.toByteArray(), String.valueOf(head.length), signature);
  }
}
