package io.millrace.serving.oip;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.models.HalfNumbers;
import io.millrace.models.Tensor;
import io.millrace.serving.InferAnswer;
import io.millrace.serving.RequestedOutput;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Writes the answer to an infer request: JSON, and after it the bytes of the outputs that the
 * client wants so. Numbers have the digits that give them back exactly; NaN is null, and infinity a
 * number beyond every range, which readers of JSON take as infinity.
 */
final class InferResponseWriter {
  private static final JsonFactory JSON = new JsonFactory();

  /**
   * The body of an answer.
   *
   * @param jsonLength how many bytes of it are JSON; -1 where no output is in bytes
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Body(byte[] bytes, int jsonLength) {
    boolean binary() {
      return jsonLength >= 0;
    }
  }

  private InferResponseWriter() {}

  static Body write(InferAnswer answer) {
    int elements = 0;
    for (var output : answer.outputs()) elements += output.size();
    var bytes = new ByteArrayOutputStream(256 + 12 * elements);
    var tail = new ArrayList<byte[]>();
    try (var json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("model_name", answer.endpoint().value());
      json.writeStringField("model_version", answer.number());
      if (answer.request().id() != null) json.writeStringField("id", answer.request().id());
      json.writeArrayFieldStart("outputs");
      var outputs = answer.outputs();
      for (int i = 0; i < outputs.size(); i++) {
        byte @Nullable [] raw = binary(answer, i) ? RawTensors.write(outputs.get(i)) : null;
        if (raw != null) tail.add(raw);
        write(json, outputs.get(i), raw);
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (tail.isEmpty()) return new Body(bytes.toByteArray(), -1);
    int length = bytes.size();
    tail.forEach(bytes::writeBytes);
    return new Body(bytes.toByteArray(), length);
  }

  /** What the client said of this output counts more than what it said of all. */
  private static boolean binary(InferAnswer answer, int index) {
    var wanted = answer.request().outputs();
    @Nullable RequestedOutput output = wanted.isEmpty() ? null : wanted.get(index);
    if (output != null && output.binary() != null) return output.binary();
    return Boolean.TRUE.equals(answer.request().parameters().get(Parameters.BINARY_DATA_OUTPUT));
  }

  private static void write(JsonGenerator json, Tensor output, byte @Nullable [] raw)
      throws IOException {
    var shape = output.shape();
    json.writeStartObject();
    json.writeStringField("name", output.name());
    json.writeStringField("datatype", output.datatype().name());
    json.writeFieldName("shape");
    json.writeArray(shape, 0, shape.length);
    if (raw != null) {
      json.writeObjectFieldStart("parameters");
      json.writeNumberField(Parameters.BINARY_DATA_SIZE, raw.length);
      json.writeEndObject();
    } else {
      json.writeArrayFieldStart("data");
      elements(json, output);
      json.writeEndArray();
    }
    json.writeEndObject();
  }

  private static void elements(JsonGenerator json, Tensor output) throws IOException {
    switch (output.datatype()) {
      case BOOL -> {
        for (boolean value : (boolean[]) output.data()) json.writeBoolean(value);
      }
      case INT8 -> {
        for (byte value : (byte[]) output.data()) json.writeNumber(value);
      }
      case UINT8 -> {
        for (byte value : (byte[]) output.data()) json.writeNumber(Byte.toUnsignedInt(value));
      }
      case INT16 -> {
        for (short value : (short[]) output.data()) json.writeNumber(value);
      }
      case UINT16 -> {
        for (short value : (short[]) output.data()) json.writeNumber(Short.toUnsignedInt(value));
      }
      case INT32 -> {
        for (int value : (int[]) output.data()) json.writeNumber(value);
      }
      case UINT32 -> {
        for (int value : (int[]) output.data()) json.writeNumber(Integer.toUnsignedLong(value));
      }
      case INT64 -> {
        for (long value : (long[]) output.data()) json.writeNumber(value);
      }
      case UINT64 -> {
        for (long value : (long[]) output.data()) json.writeRawValue(Long.toUnsignedString(value));
      }
      case FP32 -> {
        for (float value : (float[]) output.data()) {
          if (Float.isFinite(value)) json.writeNumber(value);
          else notFinite(json, value);
        }
      }
      case FP64 -> {
        for (double value : (double[]) output.data()) {
          if (Double.isFinite(value)) json.writeNumber(value);
          else notFinite(json, value);
        }
      }
      case BYTES -> {
        for (String value : (String[]) output.data()) json.writeString(value);
      }
      case FP16, BF16 -> {
        for (short bits : (short[]) output.data()) {
          float value = HalfNumbers.value(output.datatype(), bits);
          if (Float.isFinite(value)) json.writeNumber(value);
          else notFinite(json, value);
        }
      }
    }
  }

  private static void notFinite(JsonGenerator json, double value) throws IOException {
    if (Double.isNaN(value)) json.writeNull();
    else json.writeRawValue(value > 0 ? "1e999" : "-1e999");
  }
}
