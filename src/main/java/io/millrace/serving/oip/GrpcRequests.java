package io.millrace.serving.oip;

import com.google.protobuf.ByteString;
import io.millrace.base.InvalidInput;
import io.millrace.models.DataType;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import io.millrace.serving.InferRequest;
import io.millrace.serving.oip.proto.InferParameter;
import io.millrace.serving.oip.proto.InferTensorContents;
import io.millrace.serving.oip.proto.ModelInferRequest;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a request that came over gRPC. Either every input has typed contents or every one is raw
 * bytes.
 */
final class GrpcRequests {
  private GrpcRequests() {}

  /**
   * @param timeoutMicros the call's deadline, from now; -1 for none
   */
  static InferRequest read(ModelInferRequest message, Signature signature, long timeoutMicros) {
    if (message.getInputsCount() == 0)
      throw new InvalidInput(
          "the request has no inputs, expected " + GivenInputs.listed(signature.inputs()));
    int raw = message.getRawInputContentsCount();
    if (raw > 0 && raw != message.getInputsCount())
      throw new InvalidInput(
          "raw_input_contents has %d elements, expected one for each of the %d inputs"
              .formatted(raw, message.getInputsCount()));
    var inputs = new GivenInputs(signature);
    for (int i = 0; i < message.getInputsCount(); i++)
      inputs.add(
          tensor(message.getInputs(i), raw > 0 ? message.getRawInputContents(i) : null, signature));
    var outputs = new RequestedOutputs(signature);
    for (var output : message.getOutputsList())
      outputs.add(
          output.getName(),
          parameters("output \"%s\"".formatted(output.getName()), output.getParametersMap()));
    var parameters = parameters("the request", message.getParametersMap());
    parameters.checkRequest();
    return new InferRequest(
        message.getId().isEmpty() ? null : message.getId(),
        bounded(parameters.values(), timeoutMicros),
        inputs.list(),
        outputs.list());
  }

  /** The deadline of the call is a timeout like the one that a request may name itself. */
  private static Map<String, Object> bounded(Map<String, Object> parameters, long timeoutMicros) {
    if (timeoutMicros < 0
        || (parameters.get("timeout") instanceof Long own && own > 0 && own <= timeoutMicros))
      return parameters;
    var bounded = new LinkedHashMap<>(parameters);
    bounded.put("timeout", timeoutMicros);
    return bounded;
  }

  private static Parameters parameters(String where, Map<String, InferParameter> given) {
    if (given.isEmpty()) return Parameters.none(where);
    var values = new LinkedHashMap<String, Object>();
    given.forEach((key, value) -> {
      switch (value.getParameterChoiceCase()) {
        case BOOL_PARAM -> values.put(key, value.getBoolParam());
        case INT64_PARAM -> values.put(key, value.getInt64Param());
        case STRING_PARAM -> values.put(key, value.getStringParam());
        case DOUBLE_PARAM -> values.put(key, value.getDoubleParam());
        case UINT64_PARAM ->
            values.put(
                key,
                value.getUint64Param() >= 0
                    ? value.getUint64Param()
                    : (Object) new BigInteger(Long.toUnsignedString(value.getUint64Param())));
        case PARAMETERCHOICE_NOT_SET ->
            throw new InvalidInput(
                "parameter \"%s\" of %s has no value, or one of a kind that is unknown here"
                    .formatted(key, where));
      }
    });
    return new Parameters(where, values);
  }

  private static Tensor tensor(
      ModelInferRequest.InferInputTensor given, @Nullable ByteString raw, Signature signature) {
    var field = signature.input(given.getName());
    var place = TensorFit.place(field);
    var datatype = TensorFit.datatype(place, given.getDatatype());
    var shape = given.getShapeList().stream().mapToLong(Long::longValue).toArray();
    TensorFit.check(field, datatype, shape);
    parameters(place, given.getParametersMap());
    if (raw != null && given.hasContents())
      throw new InvalidInput(
          "%s has contents and raw_input_contents: expected one of them".formatted(place));
    Object data =
        raw != null
            ? RawTensors.read(place, datatype, shape, raw.asReadOnlyByteBuffer())
            : typed(place, datatype, shape, given.getContents());
    return new Tensor(field.name(), datatype, TensorFit.served(field, shape), data);
  }

  private static Object typed(
      String place, DataType datatype, long[] shape, InferTensorContents contents) {
    int got =
        switch (datatype) {
          case BOOL -> contents.getBoolContentsCount();
          case INT8, INT16, INT32 -> contents.getIntContentsCount();
          case INT64 -> contents.getInt64ContentsCount();
          case UINT8, UINT16, UINT32 -> contents.getUintContentsCount();
          case UINT64 -> contents.getUint64ContentsCount();
          case FP32 -> contents.getFp32ContentsCount();
          case FP64 -> contents.getFp64ContentsCount();
          case BYTES -> contents.getBytesContentsCount();
          case FP16, BF16 ->
              throw new InvalidInput(
                  "%s: %s has no typed contents: send it as raw_input_contents"
                      .formatted(place, datatype));
        };
    long expected = Tensor.elements(place, shape);
    if (got != count(contents))
      throw new InvalidInput(
          "%s: its contents hold fields of other datatypes than %s".formatted(place, datatype));
    if (got != expected)
      throw new InvalidInput(
          "%s: got %d elements, expected %d for shape %s"
              .formatted(place, got, expected, Arrays.toString(shape)));
    return elements(place, datatype, got, contents);
  }

  /** The elements of all fields. */
  private static int count(InferTensorContents contents) {
    return contents.getBoolContentsCount()
        + contents.getIntContentsCount()
        + contents.getInt64ContentsCount()
        + contents.getUintContentsCount()
        + contents.getUint64ContentsCount()
        + contents.getFp32ContentsCount()
        + contents.getFp64ContentsCount()
        + contents.getBytesContentsCount();
  }

  private static Object elements(
      String place, DataType datatype, int count, InferTensorContents contents) {
    return switch (datatype) {
      case BOOL -> {
        var values = new boolean[count];
        for (int i = 0; i < count; i++) values[i] = contents.getBoolContents(i);
        yield values;
      }
      case INT8, UINT8 -> {
        var values = new byte[count];
        for (int i = 0; i < count; i++)
          values[i] =
              (byte)
                  (datatype == DataType.INT8
                      ? whole(place, i, contents.getIntContents(i), Byte.MIN_VALUE, 0x7F)
                      : whole(place, i, unsigned(contents, i), 0, 0xFF));
        yield values;
      }
      case INT16, UINT16 -> {
        var values = new short[count];
        for (int i = 0; i < count; i++)
          values[i] =
              (short)
                  (datatype == DataType.INT16
                      ? whole(place, i, contents.getIntContents(i), Short.MIN_VALUE, 0x7FFF)
                      : whole(place, i, unsigned(contents, i), 0, 0xFFFF));
        yield values;
      }
      case INT32 -> contents.getIntContentsList().stream().mapToInt(Integer::intValue).toArray();
      case UINT32 -> contents.getUintContentsList().stream().mapToInt(Integer::intValue).toArray();
      case INT64 -> contents.getInt64ContentsList().stream().mapToLong(Long::longValue).toArray();
      case UINT64 -> contents.getUint64ContentsList().stream().mapToLong(Long::longValue).toArray();
      case FP32 -> {
        var values = new float[count];
        for (int i = 0; i < count; i++) values[i] = contents.getFp32Contents(i);
        yield values;
      }
      case FP64 -> {
        var values = new double[count];
        for (int i = 0; i < count; i++) values[i] = contents.getFp64Contents(i);
        yield values;
      }
      case BYTES -> texts(place, contents.getBytesContentsList());
      case FP16, BF16 -> throw new IllegalStateException("half numbers were refused before");
    };
  }

  private static String[] texts(String place, List<ByteString> contents) {
    var texts = new String[contents.size()];
    for (int i = 0; i < texts.length; i++)
      texts[i] = RawTensors.text(place, i, contents.get(i).asReadOnlyByteBuffer());
    return texts;
  }

  private static long unsigned(InferTensorContents contents, int index) {
    return Integer.toUnsignedLong(contents.getUintContents(index));
  }

  private static long whole(String place, int index, long value, long least, long most) {
    if (value < least || value > most)
      throw new InvalidInput(
          "%s: element %d: got %d, expected a whole number from %d to %d"
              .formatted(place, index, value, least, most));
    return value;
  }
}
