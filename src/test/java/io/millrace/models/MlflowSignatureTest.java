package io.millrace.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Unsupported;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MlflowSignatureTest {
  private static Signature signature(String inputs, String outputs) {
    return MlflowSignature.of(
        "m/1", Map.of("signature", Map.of("inputs", inputs, "outputs", outputs)));
  }

  @Test
  void columnsBecomeInputsOfOneElementARow() {
    var signature =
        signature(
            """
            [{"type": "double", "name": "age", "required": true}, {"type": "string", "name": "city", "required": false},
             {"type": "long", "name": "n"}, {"type": "datetime", "name": "at"}, {"type": "boolean", "name": "new"}]
            """,
            """
            [{"type": "float", "name": "low"}, {"type": "integer", "name": "class"}]
            """);
    assertThat(signature.inputs())
        .containsExactly(
            Field.column("age", DataType.FP64, false),
            Field.column("city", DataType.BYTES, true),
            Field.column("n", DataType.INT64, false),
            Field.column("at", DataType.BYTES, false),
            Field.column("new", DataType.BOOL, false));
    assertThat(signature.outputs())
        .containsExactly(
            Field.column("low", DataType.FP32, false),
            Field.column("class", DataType.INT32, false));
  }

  @Test
  void tensorsKeepTheirShapesAndThoseWithoutANameGetOne() {
    var signature =
        signature(
            """
            [{"type": "tensor", "tensor-spec": {"dtype": "uint8", "shape": [-1, 28, 28]}}]
            """,
            """
            [{"type": "long", "required": true}, {"type": "double"}]
            """);
    assertThat(signature.inputs())
        .containsExactly(new Field("inputs", DataType.UINT8, List.of(-1L, 28L, 28L), false));
    assertThat(signature.outputNames()).containsExactly("predictions-0", "predictions-1");
  }

  @Test
  void whatCannotBeServedIsNamed() {
    assertThatThrownBy(() -> MlflowSignature.of("m/1", Map.of()))
        .isInstanceOf(Unsupported.class)
        .hasMessageStartingWith("m/1: its MLmodel has no signature");
    assertThatThrownBy(() ->
            signature(
                """
                [{"type": "array", "items": {"type": "double"}, "name": "points"}]
                """,
                "[]"))
        .isInstanceOf(Unsupported.class)
        .hasMessageStartingWith(
            "m/1: \"points\" of its inputs is of type array, which is not served");
  }
}
