package io.millrace.models;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Unsupported;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What a model takes and gives by the MLmodel of its python_function flavor. Columns become inputs
 * of shape [-1]; dates and times are texts. MLflow allows columns and tensors without a name: one
 * alone is called "inputs" or "predictions", several by their place too.
 */
final class MlflowSignature {
  private static final String HOW =
      "log it with signature=mlflow.models.infer_signature(inputs, predictions)";

  private MlflowSignature() {}

  static Signature of(String name, Map<?, ?> mlmodel) {
    if (!(mlmodel.get("signature") instanceof Map<?, ?> signature))
      throw new Unsupported(
          "%s: its MLmodel has no signature, so that nobody knows what it takes: %s"
              .formatted(name, HOW));
    return new Signature(
        fields(name, signature, "inputs", "inputs"),
        fields(name, signature, "outputs", "predictions"));
  }

  private static List<Field> fields(
      String name, Map<?, ?> signature, String side, String calledOtherwise) {
    if (!(signature.get(side) instanceof String text))
      throw new Unsupported(
          "%s: the signature in its MLmodel has no %s: %s".formatted(name, side, HOW));
    JsonNode schema;
    try {
      schema = Json.parse(text);
    } catch (InvalidInput e) {
      throw new InvalidInput("%s: %s of its MLmodel: %s".formatted(name, side, e.getMessage()));
    }
    if (!schema.isArray() || schema.isEmpty())
      throw new Unsupported("%s: the signature in its MLmodel has no %s".formatted(name, side));
    var fields = new ArrayList<Field>();
    for (var entry : schema) {
      var otherwise = schema.size() == 1 ? calledOtherwise : calledOtherwise + "-" + fields.size();
      var called = entry.path("name").asText();
      fields.add(field(name, side, called.isEmpty() ? otherwise : called, entry));
    }
    if (fields.stream().map(Field::name).distinct().count() < fields.size())
      throw new InvalidInput("%s: its signature names one of its %s twice".formatted(name, side));
    return fields;
  }

  private static Field field(String name, String side, String called, JsonNode entry) {
    var type = entry.path("type").asText();
    if (type.equals("tensor")) return tensor(name, side, called, entry.path("tensor-spec"));
    var datatype =
        switch (type) {
          case "boolean" -> DataType.BOOL;
          case "integer" -> DataType.INT32;
          case "long" -> DataType.INT64;
          case "float" -> DataType.FP32;
          case "double" -> DataType.FP64;
          case "string", "datetime" -> DataType.BYTES;
          default -> throw unserved(name, side, called, type);
        };
    boolean optional = entry.has("required") && !entry.path("required").asBoolean();
    return Field.column(called, datatype, optional);
  }

  private static Field tensor(String name, String side, String called, JsonNode spec) {
    var dtype = spec.path("dtype").asText();
    var datatype =
        dtype.equals("str")
            ? DataType.BYTES
            : Arrays.stream(DataType.values())
                .filter(type -> type.numpy().equals(dtype) && type != DataType.BF16)
                .findFirst()
                .orElseThrow(() -> unserved(name, side, called, dtype));
    var shape = new ArrayList<Long>();
    spec.path("shape").forEach(size -> shape.add(size.longValue()));
    return new Field(called, datatype, shape, false);
  }

  private static Unsupported unserved(String name, String side, String called, String type) {
    return new Unsupported(
        "%s: \"%s\" of its %s is of type %s, which is not served; served are boolean, integer, long, float, double, string, datetime, and tensors of bool, int8 to int64, uint8 to uint64, float16 to float64 and str"
            .formatted(name, called, side, type));
  }
}
