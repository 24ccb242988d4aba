package io.millrace.serving.oip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import io.millrace.models.DataType;
import io.millrace.models.Field;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import io.millrace.serving.InferRequest;
import io.millrace.serving.MissingInputs;
import io.millrace.serving.RequestedOutput;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class InferRequestReaderTest {
  private static final Signature HOUSE =
      new Signature(
          List.of(
              Field.column("area", DataType.FP32, true),
              Field.column("city", DataType.BYTES, true)),
          List.of(
              new Field("price", DataType.FP32, List.of(-1L), false),
              new Field("label", DataType.BYTES, List.of(-1L), false)));

  private static final String AREA =
      "{\"name\":\"area\",\"datatype\":\"FP32\",\"shape\":[2],\"data\":[1.5,2]}";
  private static final String CITY =
      "{\"name\":\"city\",\"datatype\":\"BYTES\",\"shape\":[2],\"data\":[\"Rome\",\"Oslo\"]}";

  @Test
  void aRequestIsReadInTheOrderOfTheSignature() {
    var request =
        read(
            HOUSE,
            "{\"id\":\"a-1\",\"inputs\":["
                + CITY
                + ","
                + AREA
                + "],\"outputs\":[{\"name\":\"label\"},{\"name\":\"price\"}]}");
    assertThat(request.id()).isEqualTo("a-1");
    assertThat(request.inputs())
        .containsExactly(Tensor.of("area", 1.5f, 2f), Tensor.of("city", "Rome", "Oslo"));
    assertThat(request.outputs())
        .extracting(RequestedOutput::name)
        .containsExactly("label", "price");
  }

  @Test
  void dataMayComeBeforeWhatDescribesIt() {
    assertThat(
            one(
                    DataType.INT64,
                    "{\"data\":[9007199254740993],\"shape\":[1],\"datatype\":\"INT64\",\"name\":\"x\"}")
                .longs())
        .containsExactly(9_007_199_254_740_993L);
  }

  @Test
  void wholeNumbersBeyondTwoToThe53StayExact() {
    assertThat(
            one(DataType.INT64, tensor("INT64", "[2]", "[9007199254740993,-9223372036854775808]"))
                .longs())
        .containsExactly(9_007_199_254_740_993L, Long.MIN_VALUE);
    assertThat(
            (long[]) one(DataType.UINT64, tensor("UINT64", "[1]", "[18446744073709551615]")).data())
        .containsExactly(-1L);
  }

  @Test
  void dataIsNestedOrFlat() {
    var signature =
        new Signature(List.of(new Field("x", DataType.FP64, List.of(-1L, 2L), false)), List.of());
    for (var data : List.of("[[1,2],[3,4],[5,6]]", "[1,2,3,4,5,6]")) {
      var read = read(signature, inputs(tensor("FP64", "[3,2]", data))).inputs().getFirst();
      assertThat((double[]) read.data()).containsExactly(1, 2, 3, 4, 5, 6);
      assertThat(read.shape()).containsExactly(3, 2);
    }
  }

  @Test
  void aColumnMayBeSentWithASecondDimensionOfOne() {
    for (var data : List.of("[[1],[2]]", "[1,2]")) {
      assertThat(one(DataType.FP32, tensor("FP32", "[2,1]", data)))
          .isEqualTo(Tensor.of("x", 1f, 2f));
    }
  }

  @Test
  void scalarsAndTensorsOfNoElementsAreRead() {
    var signature =
        new Signature(List.of(new Field("x", DataType.FP32, List.of(), false)), List.of());
    assertThat(read(signature, inputs(tensor("FP32", "[]", "[7]"))).inputs().getFirst().floats())
        .containsExactly(7f);
    assertThat(one(DataType.FP32, tensor("FP32", "[0]", "[]")).size()).isZero();
  }

  @Test
  void whatBeginsAsUtf32DoesIsRefused() {
    var body = HexFormat.of().parseHex("0000000000000000010000000000000002000000");
    assertThatThrownBy(() -> InferRequestReader.read(body, null, HOUSE))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("the body is not JSON in UTF-8: Invalid UTF-32 character");
  }

  @Test
  void nullIsAMissingValueWhereTheModelTakesOne() {
    var read =
        read(
                HOUSE,
                "{\"inputs\":["
                    + AREA.replace("1.5", "null")
                    + ","
                    + CITY.replace("\"Oslo\"", "null")
                    + "]}")
            .inputs();
    assertThat(read.get(0).floats()).containsExactly(Float.NaN, 2f);
    assertThat(read.get(1).texts()).containsExactly("Rome", "");
  }

  @Test
  void whatClientsAddIsPassedOver() {
    var request =
        read(
            HOUSE,
            "{\"model_name\":\"house\",\"model_version\":\"1\",\"parameters\":{\"binary_data_output\":true},\"inputs\":["
                + AREA.replace("{\"name\"", "{\"parameters\":{\"content_type\":\"np\"},\"name\"")
                + ","
                + CITY
                + "]}");
    assertThat(request.outputs()).isEmpty();
    assertThat(request.id()).isNull();
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of("", "the body is empty, expected {\"inputs\": [...]}"),
        Arguments.of("[1]", "the request: got a list, expected an object with the key \"inputs\""),
        Arguments.of(
            "{}",
            "the request has no \"inputs\", expected a list with \"area\" (FP32, shape [-1]), \"city\" (BYTES, shape [-1])"),
        Arguments.of(
            "{\"input\":[]}", "the request has an unknown key \"input\"; did you mean \"inputs\"?"),
        Arguments.of("{\"inputs\":{}}", "inputs: got an object, expected a list"),
        Arguments.of(
            "{\"inputs\":[]}",
            "inputs are missing: expected \"area\" (FP32, shape [-1]), \"city\" (BYTES, shape [-1])"),
        Arguments.of(
            "{\"inputs\":[" + AREA + "]}",
            "an input is missing: expected \"city\" (BYTES, shape [-1])"),
        Arguments.of(
            "{\"inputs\":[" + AREA + "," + AREA + "," + CITY + "]}",
            "input \"area\" is given twice"),
        Arguments.of(
            house("\"area\"", "\"aria\""),
            "the model has no input \"aria\"; did you mean \"area\"?"),
        Arguments.of(house("FP32", "FP64"), "input \"area\": got datatype FP64, expected FP32"),
        Arguments.of(house("FP32", "FP16"), "input \"area\": got datatype FP16, expected FP32"),
        Arguments.of(
            house("FP32", "float"),
            "input \"area\": datatype \"float\" is unknown; expected one of "),
        Arguments.of(
            house("\"datatype\":\"FP32\",", ""),
            "input \"area\" has no \"datatype\", expected FP32"),
        Arguments.of(
            house("\"shape\":[2],", ""),
            "input \"area\" has no \"shape\", expected [-1] where -1 is any size"),
        Arguments.of(house(",\"data\":[1.5,2]", ""), "input \"area\" has no \"data\""),
        Arguments.of(house("\"name\":\"area\",", ""), "inputs[0] has no \"name\""),
        Arguments.of(
            house("[2]", "[2,3]"),
            "input \"area\": got shape [2, 3], expected [-1] where -1 is any size"),
        Arguments.of(
            house("[2]", "[-2]"), "input \"area\": shape: got -2, expected sizes of 0 or more"),
        Arguments.of(
            house("[2]", "[99999999999999999999]"),
            "input \"area\": shape: got 99999999999999999999, expected sizes of 0 or more"),
        Arguments.of(
            house("[2]", "[3]"), "input \"area\": got 2 elements, expected 3 for shape [3]"),
        Arguments.of(
            house("[2]", "[1]"), "input \"area\": got 2 elements, expected 1 for shape [1]"),
        Arguments.of(
            house("[2]", "[9000000000000000000]"),
            "input \"area\": got 2 elements, expected 9000000000000000000 for shape [9000000000000000000]"),
        Arguments.of(
            house("1.5", "\"1.5\""),
            "input \"area\": element 0: got the text \"1.5\", expected a number"),
        Arguments.of(
            house("1.5", "true"), "input \"area\": element 0: got true, expected a number"),
        Arguments.of(
            house("1.5", "{}"),
            "input \"area\": element 0: got an object, expected a single value"),
        Arguments.of(
            house("1.5", "[1.5]"),
            "input \"area\": element 0: got a list, expected a single value"),
        Arguments.of(
            house("1.5", "NaN"),
            "input \"area\": element 0: got NaN, which is not JSON; write null for a missing number"),
        Arguments.of(
            house("1.5", "-Infinity"),
            "input \"area\": element 0: got -Infinity, which is not JSON; write null for a missing number"),
        Arguments.of(
            house("1.5", "1e39"),
            "input \"area\": element 0: got 1e39, expected a number within the range of FP32"),
        Arguments.of(house("\"Rome\"", "7"), "input \"city\": element 0: got 7, expected a text"),
        Arguments.of(
            house("Rome", "Ro\\u0000me"),
            "input \"city\": element 0: got a text with a NUL character, which the runtime would cut"),
        Arguments.of(
            house("Rome", "\\ud83d Rome"),
            "input \"city\": element 0: got a text with half a character"),
        Arguments.of(house("Rome", "\\ude82"), "input \"city\": element 0: got a text with half"),
        Arguments.of(house("[1.5,2]", "[1.5,2"), "JSON at line 1, column "),
        Arguments.of(
            house("\"name\":\"area\"", "\"name\":\"area\",\"name\":\"city\""),
            "JSON at line 1, column "),
        Arguments.of("{\"inputs\":[" + AREA + "," + CITY + "]} x", "JSON at line 1, column "),
        Arguments.of(
            "{\"inputs\":[" + AREA + "," + CITY + "]} {}",
            "after the request: got an object, expected the end of the body"),
        Arguments.of("{\"id\":7}", "id: got 7, expected a text"),
        Arguments.of(
            "{\"parameters\":{\"a\":[1]}}",
            "parameter \"a\" of the request: got a list, expected a text, a number or a truth value"),
        Arguments.of(
            "{\"outputs\":[{\"name\":\"prize\"}]}",
            "the model has no output \"prize\"; did you mean \"price\"?"),
        Arguments.of(
            "{\"outputs\":[{\"name\":\"price\"},{\"name\":\"price\"}]}",
            "output \"price\" is requested twice"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatDoesNotFitIsRefusedByName(String body, String message) {
    assertThatThrownBy(() -> read(HOUSE, body))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void aWholeCharacterOfTwoHalvesIsATextLikeAnother() {
    var read = read(HOUSE, house("Rome", "\\ud83d\\ude82 Rome")).inputs();
    assertThat(read.get(1).texts()).containsExactly("\ud83d\ude82 Rome", "Oslo");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "timeout":"long"            | got a text, expected a whole number from 0
          "timeout":-1                | got -1, expected a whole number from 0
          "priority":1.5              | got 1.5, expected a whole number from 0
          "sequence_id":true          | got true, expected a whole number from 0
          "sequence_start":1          | got 1, expected true or false
          "sequence_end":"yes"        | got a text, expected true or false
          "binary_data_output":"true" | got a text, expected true or false
          """)
  void whatTritonReservesIsOfItsKind(String parameter, String message) {
    var body = house("", "");
    assertThatThrownBy(
            () -> read(HOUSE, "{\"parameters\":{" + parameter + "}," + body.substring(1)))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith(
            "parameter %s of the request: %s", parameter.replaceAll(":.*", ""), message);
  }

  static Stream<Arguments> refusedElements() {
    return Stream.of(
        Arguments.of(
            DataType.INT8,
            "[128]",
            "input \"x\": element 0: got 128, expected a whole number from -128 to 127"),
        Arguments.of(
            DataType.UINT8,
            "[-1]",
            "input \"x\": element 0: got -1, expected a whole number from 0 to 255"),
        Arguments.of(
            DataType.INT32,
            "[2147483648]",
            "input \"x\": element 0: got 2147483648, expected a whole number from -2147483648 to 2147483647"),
        Arguments.of(
            DataType.INT64,
            "[9223372036854775808]",
            "input \"x\": element 0: got 9223372036854775808, expected a whole number from -9223372036854775808 to 9223372036854775807"),
        Arguments.of(
            DataType.INT64, "[1.0]", "input \"x\": element 0: got 1.0, expected a whole number"),
        Arguments.of(
            DataType.INT64,
            "[null]",
            "input \"x\": element 0: got null, expected a value: this input may not be missing"),
        Arguments.of(
            DataType.BYTES,
            "[null]",
            "input \"x\": element 0: got null, expected a value: this input may not be missing"),
        Arguments.of(DataType.BOOL, "[1]", "input \"x\": element 0: got 1, expected true or false"),
        Arguments.of(
            DataType.FP64,
            "[1e400]",
            "input \"x\": element 0: got 1e400, expected a number within the range of FP64"));
  }

  @ParameterizedTest
  @MethodSource("refusedElements")
  void elementsOutsideTheirDatatypeAreRefused(DataType datatype, String data, String message) {
    assertThatThrownBy(() -> one(datatype, tensor(datatype.name(), "[1]", data)))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(message);
  }

  @Test
  void nestingThatContradictsTheShapeIsRefused() {
    var signature =
        new Signature(List.of(new Field("x", DataType.FP32, List.of(-1L, 2L), false)), List.of());
    assertThatThrownBy(() -> read(signature, inputs(tensor("FP32", "[2,2]", "[[1,2,3],[4]]"))))
        .hasMessage("input \"x\": data: got a list of 3 at depth 2, expected 2 for shape [2, 2]");
    assertThatThrownBy(() -> read(signature, inputs(tensor("FP32", "[2,2]", "[[1,2],3]"))))
        .hasMessage(
            "input \"x\": data: got 3 at depth 1, expected lists nested as shape [2, 2] says, or one flat list");
  }

  @Test
  void numbersOf16BitsAreReadAsTheNearestOrRefusedBeyondTheirRange() {
    var data = "[0.1, 65504, null, -6e-8]";
    assertThat(one(DataType.FP16, tensor("FP16", "[4]", data)).data())
        .isEqualTo(new short[] {0x2E66, 0x7BFF, 0x7E00, (short) 0x8001});
    assertThat(one(DataType.BF16, tensor("BF16", "[4]", data)).data())
        .isEqualTo(new short[] {0x3DCD, 0x4780, 0x7FC0, (short) 0xB381});
    for (var datatype : List.of(DataType.FP16, DataType.BF16)) {
      assertThatThrownBy(() -> one(datatype, tensor(datatype.name(), "[1]", "[1e39]")))
          .isInstanceOf(InvalidInput.class)
          .hasMessage(
              "input \"x\": element 0: got 1e39, expected a number within the range of %s",
              datatype);
    }
  }

  @Test
  void textsInBase64AreDecodedWhereTheirContentTypeSaysSo() {
    var tensor =
        "{\"name\":\"x\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\"%s\"],\"parameters\":{\"content_type\":\"base64\"}}";
    assertThat(one(DataType.BYTES, tensor.formatted("UsO0bWU="))).isEqualTo(Tensor.of("x", "Rôme"));
    assertThatThrownBy(() -> one(DataType.BYTES, tensor.formatted("?")))
        .hasMessageStartingWith(
            "input \"x\": element 0 is not base64, which its parameter content_type says it is");
  }

  @Test
  void anyCutOrChangedByteIsReadOrRefusedButNeverAFault() {
    var body =
        ("{\"id\":\"a\",\"inputs\":[" + AREA + "," + CITY + "],\"outputs\":[{\"name\":\"price\"}]}")
            .getBytes(StandardCharsets.UTF_8);
    var random = new java.util.Random(7);
    for (int round = 0; round < 20_000; round++) {
      var bytes =
          random.nextInt(4) == 0
              ? java.util.Arrays.copyOf(body, random.nextInt(body.length))
              : body.clone();
      for (int change = random.nextInt(3); change >= 0 && bytes.length > 0; change--) {
        bytes[random.nextInt(bytes.length)] =
            (byte) "{}[],:\"019-.eNn\\ \u0080".charAt(random.nextInt(18));
      }
      try {
        InferRequestReader.read(bytes, null, HOUSE);
      } catch (Failure e) {
        assertThat(e.getMessage()).isNotBlank();
      } catch (RuntimeException e) {
        throw new AssertionError(
            "seed 7, round %d: %s".formatted(round, new String(bytes, StandardCharsets.UTF_8)), e);
      }
    }
  }

  /** The good request with the first occurrence of something changed. */
  private static String house(String from, String to) {
    var good = "{\"inputs\":[" + AREA + "," + CITY + "]}";
    int at = good.indexOf(from);
    return good.substring(0, at) + to + good.substring(at + from.length());
  }

  private static Tensor one(DataType datatype, String tensor) {
    return read(
            new Signature(List.of(Field.column("x", datatype, false)), List.of()), inputs(tensor))
        .inputs()
        .getFirst();
  }

  private static String tensor(String datatype, String shape, String data) {
    return "{\"name\":\"x\",\"datatype\":\"%s\",\"shape\":%s,\"data\":%s}"
        .formatted(datatype, shape, data);
  }

  private static String inputs(String tensor) {
    return "{\"inputs\":[" + tensor + "]}";
  }

  private static InferRequest read(Signature signature, String body) {
    var request = InferRequestReader.read(body.getBytes(StandardCharsets.UTF_8), null, signature);
    MissingInputs.refuse(signature, request.inputs());
    return request;
  }
}
