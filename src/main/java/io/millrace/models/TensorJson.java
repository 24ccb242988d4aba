package io.millrace.models;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.lang.reflect.Array;
import java.math.BigInteger;

/**
 * Tensors in files, as the Open Inference Protocol writes them: name, shape, datatype, data. NaN is
 * null and an infinity "Infinity" or "-Infinity", since JSON has no such numbers. Round trips are
 * exact.
 */
public final class TensorJson {
  private TensorJson() {}

  static ObjectNode write(Tensor tensor) {
    var json = Json.object().put("name", tensor.name()).put("datatype", tensor.datatype().name());
    var shape = json.putArray("shape");
    for (long size : tensor.shape()) shape.add(size);
    var data = json.putArray("data");
    for (int i = 0; i < tensor.size(); i++) add(data, tensor.at(i));
    return json;
  }

  private static void add(ArrayNode data, Object value) {
    switch (value) {
      case Double number when number.isNaN() -> data.addNull();
      case Double number when number.isInfinite() -> data.add(number.toString());
      case Double number -> data.add(number);
      case Long number -> data.add(number);
      case BigInteger number -> data.add(number);
      case Boolean flag -> data.add(flag);
      case Object text -> data.add(text.toString());
    }
  }

  public static Tensor read(JsonNode json) {
    var name = json.path("name").asText();
    var datatype = DataType.named(json.path("datatype").asText());
    var shape = new long[json.path("shape").size()];
    for (int i = 0; i < shape.length; i++) shape[i] = json.path("shape").path(i).asLong();
    var values = json.path("data");
    var data = Array.newInstance(datatype.carrier().componentType(), values.size());
    for (int i = 0; i < values.size(); i++) set(name, datatype, data, i, values.get(i));
    return new Tensor(name, datatype, shape, data);
  }

  private static void set(String name, DataType datatype, Object data, int index, JsonNode value) {
    switch (datatype) {
      case BOOL -> Array.setBoolean(data, index, value.asBoolean());
      case BYTES -> Array.set(data, index, value.asText());
      case INT8, UINT8 -> Array.setByte(data, index, (byte) value.asInt());
      case INT16, UINT16 -> Array.setShort(data, index, (short) value.asInt());
      case INT32, UINT32 -> Array.setInt(data, index, (int) value.asLong());
      case INT64 -> Array.setLong(data, index, value.asLong());
      case UINT64 -> Array.setLong(data, index, value.bigIntegerValue().longValue());
      case FP32 -> Array.setFloat(data, index, (float) number(name, value));
      case FP64 -> Array.setDouble(data, index, number(name, value));
      case FP16, BF16 -> Array.setShort(data, index, HalfNumbers.of(datatype, number(name, value)));
    }
  }

  private static double number(String name, JsonNode value) {
    if (value.isNull()) return Double.NaN;
    if (value.isNumber()) return value.doubleValue();
    return switch (value.asText()) {
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      case String other ->
          throw new InvalidInput("tensor \"%s\"".formatted(name), other, "a number");
    };
  }
}
