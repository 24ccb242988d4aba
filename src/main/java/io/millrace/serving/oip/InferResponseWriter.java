package io.millrace.serving.oip;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.base.Unsupported;
import io.millrace.models.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the answer to an infer request. Numbers have the digits that give them back exactly; NaN
 * is null, and infinity a number beyond every range, which readers of JSON take as infinity.
 */
final class InferResponseWriter {
  private static final JsonFactory JSON = new JsonFactory();

  private InferResponseWriter() {}

  static byte[] write(String model, String version, @Nullable String id, List<Tensor> outputs) {
    int elements = outputs.stream().mapToInt(Tensor::size).sum();
    var bytes = new ByteArrayOutputStream(256 + 12 * elements);
    try (var json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("model_name", model);
      json.writeStringField("model_version", version);
      if (id != null) json.writeStringField("id", id);
      json.writeArrayFieldStart("outputs");
      for (var output : outputs) write(json, output);
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void write(JsonGenerator json, Tensor output) throws IOException {
    var shape = output.shape();
    json.writeStartObject();
    json.writeStringField("name", output.name());
    json.writeStringField("datatype", output.datatype().name());
    json.writeFieldName("shape");
    json.writeArray(shape, 0, shape.length);
    json.writeArrayFieldStart("data");
    elements(json, output);
    json.writeEndArray();
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
      case FP16, BF16 ->
          throw new Unsupported(
              "output \"%s\": %s has no form in JSON".formatted(output.name(), output.datatype()));
    }
  }

  private static void notFinite(JsonGenerator json, double value) throws IOException {
    if (Double.isNaN(value)) json.writeNull();
    else json.writeRawValue(value > 0 ? "1e999" : "-1e999");
  }
}
