package io.millrace.serving.oip;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.models.DataType;
import io.millrace.models.Tensor;
import io.millrace.registry.ModelName;
import io.millrace.registry.VersionId;
import io.millrace.serving.EndpointName;
import io.millrace.serving.InferAnswer;
import io.millrace.serving.InferRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InferResponseWriterTest {

  @Test
  void anAnswerIsFlatAndRowMajorAndGivesTheIdBack() {
    var answer =
        write(
            "a-1",
            new Tensor("p", DataType.FP32, new long[] {2, 2}, new float[] {0.1f, 0.9f, 1, 0}),
            Tensor.of("label", "è", "\"b\""));
    assertThat(answer)
        .isEqualTo(
            "{\"model_name\":\"house\",\"model_version\":\"3\",\"id\":\"a-1\",\"outputs\":["
                + "{\"name\":\"p\",\"datatype\":\"FP32\",\"shape\":[2,2],\"data\":[0.1,0.9,1.0,0.0]},"
                + "{\"name\":\"label\",\"datatype\":\"BYTES\",\"shape\":[2],\"data\":[\"è\",\"\\\"b\\\"\"]}]}");
  }

  @Test
  void numbersThatJsonLacksStillParse() {
    assertThat(
            write(
                null, Tensor.of("x", Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY)))
        .contains("\"data\":[null,1e999,-1e999]")
        .doesNotContain("\"id\"");
  }

  @Test
  void wholeNumbersAreExactAndUnsignedOnesArePositive() {
    assertThat(
            write(
                null,
                Tensor.of("x", 9_007_199_254_740_993L),
                new Tensor("u", DataType.UINT8, new long[] {1}, new byte[] {-1}),
                new Tensor("v", DataType.UINT64, new long[] {1}, new long[] {-1})))
        .contains("[9007199254740993]")
        .contains("[255]")
        .contains("[18446744073709551615]");
  }

  private static String write(@org.jspecify.annotations.Nullable String id, Tensor... outputs) {
    var answer =
        new InferAnswer(
            new EndpointName("house"),
            new VersionId(new ModelName("houses"), 3),
            new InferRequest(id, Map.of(), List.of(), List.of()),
            List.of(outputs),
            "p");
    return new String(InferResponseWriter.write(answer).bytes(), StandardCharsets.UTF_8);
  }
}
