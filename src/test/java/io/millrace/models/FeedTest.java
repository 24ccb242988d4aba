package io.millrace.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class FeedTest {
  private static final Signature SIGNATURE =
      new Signature(
          List.of(
              Field.column("size", DataType.FP32, true),
              new Field("count", DataType.INT64, List.of(-1L, 1L), false),
              Field.column("code", DataType.BYTES, true)),
          List.of());

  @Test
  void columnsBecomeTensorsOfTheModelsTypesAndShapes() {
    var columns =
        Map.of(
            "size",
            new double[] {1.5, Double.NaN, 3},
            "count",
            new double[] {7, 8, 9},
            "code",
            new String[] {"a", null, "c"});
    assertThat(Feed.tensors(SIGNATURE, columns, 1, 3))
        .containsExactly(
            Tensor.of("size", Float.NaN, 3f),
            new Tensor("count", DataType.INT64, new long[] {2, 1}, new long[] {8, 9}),
            Tensor.of("code", "", "c"));
  }

  @Test
  void anInputOfSeveralValuesARowTakesAColumnForEach() {
    var image = new Field("image", DataType.UINT8, List.of(-1L, 1L, 2L), false);
    var signature = new Signature(List.of(image), List.of());
    assertThat(signature.columns()).containsExactly("image_0", "image_1");
    var columns = Map.of("image_1", new double[] {1, 2, 3}, "image_0", new double[] {255, 8, 7});
    assertThat(Feed.tensors(signature, columns, 0, 2))
        .containsExactly(
            new Tensor("image", DataType.UINT8, new long[] {2, 1, 2}, new byte[] {-1, 1, 8, 2}));
    assertThatThrownBy(() -> Feed.tensors(signature, Map.of("image_0", new double[1]), 0, 1))
        .hasMessageStartingWith("no column \"image_1\", which the model takes");
    assertThatThrownBy(() ->
            Feed.tensors(
                signature, Map.of("image_0", new double[1], "image_1", new double[] {-1}), 0, 1))
        .hasMessage(
            "column \"image_1\" at row 1: got -1.0, expected a whole number that fits UINT8");
    var free = new Field("image", DataType.UINT8, List.of(-1L, -1L), false);
    assertThatThrownBy(() -> Feed.tensors(new Signature(List.of(free), List.of()), columns, 0, 1))
        .hasMessage("input \"image\" has shape [-1, -1]: it takes no columns of a table");
  }

  @Test
  void numbersWhereTheModelTakesTextAreWrittenAsAPersonWould() {
    var columns =
        Map.of(
            "size",
            new double[] {1, 1},
            "count",
            new double[] {1, 1},
            "code",
            new double[] {10001, 0.5});
    assertThat(Feed.tensors(SIGNATURE, columns, 0, 2)).contains(Tensor.of("code", "10001", "0.5"));
  }

  @Test
  void whatDoesNotFitIsRefusedWithColumnAndRow() {
    assertThatThrownBy(() ->
            Feed.tensors(SIGNATURE, Map.of("size", new double[1], "conut", new double[1]), 0, 1))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("no column \"count\", which the model takes; did you mean \"conut\"?");
    assertThatThrownBy(() -> feed(new double[] {1, Double.NaN}))
        .hasMessage("column \"count\" at row 2 is missing, and the model needs it");
    assertThatThrownBy(() -> feed(new double[] {1, 2.5}))
        .hasMessage("column \"count\" at row 2: got 2.5, expected a whole number that fits INT64");
    assertThatThrownBy(() -> feed(new String[] {"x", "y"}))
        .hasMessageContaining("column \"count\" at row 1: got \"x\", expected a number");
  }

  private static List<Tensor> feed(Object count) {
    return Feed.tensors(
        SIGNATURE,
        Map.of("size", new double[2], "count", count, "code", new String[] {"a", "b"}),
        0,
        2);
  }
}
