package io.millrace.serving.oip;

import io.millrace.base.InvalidInput;
import io.millrace.models.DataType;
import io.millrace.models.Field;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import io.millrace.serving.InferRequest;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * A body without JSON: all of it is the model's one input, for one row. The size that the model
 * leaves free, if any, follows from the length. A text is the body as it is, without its length.
 */
final class RawRequest {
  private RawRequest() {}

  static InferRequest read(byte[] body, Signature signature) {
    if (signature.inputs().size() != 1)
      throw new InvalidInput(
          "a body without JSON (Inference-Header-Content-Length: 0) is for a model with one input, and this one has %s"
              .formatted(signature.inputNames()));
    var field = signature.inputs().getFirst();
    var place = TensorFit.place(field);
    var shape = shape(field, body.length);
    Object data =
        field.datatype() == DataType.BYTES
            ? new String[] {RawTensors.text(place, 0, ByteBuffer.wrap(body))}
            : RawTensors.read(place, field.datatype(), shape, ByteBuffer.wrap(body));
    return new InferRequest(
        null,
        Map.of(Parameters.BINARY_DATA_OUTPUT, true),
        List.of(new Tensor(field.name(), field.datatype(), shape, data)),
        List.of());
  }

  private static long[] shape(Field field, int bytes) {
    var shape = field.shape().stream().mapToLong(Long::longValue).toArray();
    long free = field.shape().stream().filter(size -> size < 0).count();
    if (free > 1 && shape[0] < 0) {
      shape[0] = 1;
      free--;
    }
    if (free > 1 || shape.length == 0 || (field.datatype() == DataType.BYTES && !isOne(shape)))
      throw new InvalidInput(
          "%s has shape %s: its sizes do not follow from a body without JSON; send the JSON with name, shape and datatype"
              .formatted(TensorFit.place(field), TensorFit.expected(field.shape())));
    long known = 1;
    for (long size : shape) if (size >= 0) known *= size;
    long elements =
        field.datatype() == DataType.BYTES ? 1 : bytes / RawTensors.elementSize(field.datatype());
    for (int i = 0; i < shape.length; i++)
      if (shape[i] < 0) shape[i] = known == 0 ? 0 : elements / known;
    return shape;
  }

  private static boolean isOne(long[] shape) {
    for (long size : shape) if (size > 1) return false;
    return true;
  }
}
