package io.millrace.serving.oip;

import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Unsupported;
import io.millrace.models.DataType;
import io.millrace.models.Field;
import io.millrace.models.Signature;
import io.millrace.serving.InferAnswer;
import io.millrace.serving.InferRequest;
import io.millrace.serving.streams.MessageFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;

/**
 * The values of a stream's records: an infer request in JSON, or one row as an object of columns;
 * answered by what answers a request.
 */
public final class JsonMessages implements MessageFormat {
  /** More rows than any endpoint puts into a call could keep its partition waiting for ever. */
  private static final int MOST_ROWS = 10_000;

  @Override
  public InferRequest read(byte[] value, Signature signature) {
    if (!isInferRequest(value)) {
      if (!(Json.read(value, JsonNode.class) instanceof ObjectNode object))
        throw new InvalidInput(
            "the value is no JSON object, expected one row as {\"COLUMN\": VALUE, ...}, or an infer request as {\"inputs\": [...]}");
      return InferRequestReader.read(bytes(row(object, signature)), null, signature);
    }
    var request = InferRequestReader.read(value, null, signature);
    if (request.rows() > MOST_ROWS)
      throw new InvalidInput("rows of one record", request.rows(), "at most " + MOST_ROWS);
    boolean binary =
        Boolean.TRUE.equals(request.parameters().get(Parameters.BINARY_DATA_OUTPUT))
            || request.outputs().stream().anyMatch(output -> Boolean.TRUE.equals(output.binary()));
    if (binary)
      throw new InvalidInput(
          "the answer to a record is JSON: leave out %s and %s"
              .formatted(Parameters.BINARY_DATA, Parameters.BINARY_DATA_OUTPUT));
    // A record waits as long as it takes; one that could not would never be done.
    var parameters = new HashMap<>(request.parameters());
    parameters.remove("timeout");
    return new InferRequest(request.id(), parameters, request.inputs(), request.outputs());
  }

  /** Looks no further than the list of inputs; what is wrong with the value is told by others. */
  private static boolean isInferRequest(byte[] value) {
    try (var parser = Json.mapper().createParser(value)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) return false;
      for (var key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
        var token = parser.nextToken();
        if (key.equals("inputs")) return token == JsonToken.START_ARRAY;
        parser.skipChildren();
      }
      return false;
    } catch (IOException e) {
      return false;
    }
  }

  /** Columns that the model does not take are passed over, as those of a table are. */
  private static ObjectNode row(ObjectNode row, Signature signature) {
    var request = Json.object();
    var inputs = request.putArray("inputs");
    for (var field : signature.inputs()) {
      var value = row.get(field.name());
      if (value == null) continue; // it may be looked up
      if (!isColumn(field))
        throw new Unsupported(
            "the model takes no rows: its input \"%s\" is %s of shape %s, which is not one value a row; send an infer request, {\"inputs\": [...]}, instead"
                .formatted(field.name(), field.datatype(), field.shape()));
      var tensor =
          inputs.addObject().put("name", field.name()).put("datatype", field.datatype().name());
      var shape = tensor.putArray("shape").add(1);
      for (int i = 1; i < field.shape().size(); i++) shape.add(1);
      tensor.putArray("data").add(converted(field, value));
    }
    if (inputs.isEmpty() && !signature.inputs().isEmpty()) {
      var names = new ArrayList<String>();
      row.fieldNames().forEachRemaining(names::add);
      throw new InvalidInput(
          "the row has no column \"%s\", which the model needs; it has %s"
              .formatted(signature.inputs().getFirst().name(), names));
    }
    return request;
  }

  private static boolean isColumn(Field field) {
    return field.shape().isEmpty()
        || (field.shape().getFirst() == -1
            && field.shape().stream().skip(1).allMatch(size -> Math.abs(size) == 1));
  }

  private static JsonNode converted(Field field, JsonNode value) {
    if (value.isContainerNode())
      throw new InvalidInput(
          "column \"%s\": got %s, expected one value"
              .formatted(field.name(), value.isArray() ? "a list" : "an object"));
    return Json.fitted(
        value, field.datatype() == DataType.BYTES, field.datatype() == DataType.BOOL);
  }

  private static byte[] bytes(JsonNode request) {
    return request.toString().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public byte[] write(InferAnswer answer) {
    return InferResponseWriter.write(answer).bytes();
  }
}
