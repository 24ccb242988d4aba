package io.millrace.models.python;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.models.DataType;
import io.millrace.models.Field;
import io.millrace.models.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TensorBytesTest {
  @Test
  void tensorsOfEveryTypeAreReadAsTheyWereWritten() {
    long[] shape = {1, 2};
    var tensors =
        List.of(
            new Tensor("bool", DataType.BOOL, shape, new boolean[] {true, false}),
            new Tensor("uint8", DataType.UINT8, shape, new byte[] {-1, 1}),
            new Tensor("int8", DataType.INT8, shape, new byte[] {-1, 1}),
            new Tensor("int16", DataType.INT16, shape, new short[] {-300, 300}),
            new Tensor("int32", DataType.INT32, shape, new int[] {Integer.MIN_VALUE, 1}),
            new Tensor("int64", DataType.INT64, shape, new long[] {Long.MAX_VALUE, -1}),
            new Tensor("fp32", DataType.FP32, shape, new float[] {Float.NaN, 0.1f}),
            new Tensor("fp64", DataType.FP64, shape, new double[] {-0.0, 1e300}),
            new Tensor("text", DataType.BYTES, shape, new String[] {"", "größer 🙂"}),
            new Tensor("none", DataType.FP32, new long[] {0}, new float[0]));
    var fields = new ArrayList<Field>();
    for (var tensor : tensors)
      fields.add(new Field(tensor.name(), tensor.datatype(), List.of(), false));
    JsonNode described = TensorBytes.describe(tensors);
    assertThat(TensorBytes.read(fields, described, TensorBytes.write(tensors))).isEqualTo(tensors);
  }
}
