package io.millrace.serving.explanations;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Conflict;
import io.millrace.base.Json;
import io.millrace.base.Unsupported;
import io.millrace.models.Feed;
import io.millrace.models.Field;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import io.millrace.models.TensorJson;
import java.util.ArrayList;
import java.util.List;

/** Makes of a prediction's inputs, as the log has them, the tensors that they were. */
final class LoggedRows {
  private LoggedRows() {}

  static List<Tensor> row(Signature signature, JsonNode inputs) {
    return signature.inputs().stream()
        .map(field -> tensor(field, inputs.path(field.name())))
        .toList();
  }

  /** Several, one after another. */
  static List<Tensor> table(Signature signature, List<JsonNode> rows) {
    var tensors = new ArrayList<Tensor>();
    for (var field : signature.inputs())
      tensors.add(
          Feed.joined(rows.stream().map(row -> tensor(field, row.path(field.name()))).toList()));
    return tensors;
  }

  private static Tensor tensor(Field field, JsonNode value) {
    if (value.isMissingNode())
      throw new Conflict(
          "the log has no input \"%s\", which the model takes".formatted(field.name()));
    var data = value.isArray() ? value : Json.array().add(value);
    if (!field.datatype().hasNaN())
      for (var one : data)
        if (one.isNull())
          throw new Conflict(
              "input \"%s\" is masked in the log: ask for the explanation with the request, by its parameter \"explain\""
                  .formatted(field.name()));
    var json = Json.object().put("name", field.name()).put("datatype", field.datatype().name());
    var shape = json.putArray("shape");
    for (long size : shape(field, data.size())) shape.add(size);
    json.set("data", data);
    return TensorJson.read(json);
  }

  /** The log has a row's values in a flat list; one free size beside the rows follows from them. */
  private static long[] shape(Field field, int count) {
    if (field.shape().isEmpty())
      throw new Unsupported(
          "the model does not say what shape input \"%s\" has, and the log does not keep it"
              .formatted(field.name()));
    var shape = field.shape().stream().mapToLong(Long::longValue).toArray();
    shape[0] = 1;
    int free = -1;
    long known = 1;
    for (int i = 1; i < shape.length; i++) {
      if (shape[i] >= 0) known *= shape[i];
      else if (free < 0) free = i;
      else
        throw new Unsupported(
            "input \"%s\" of shape %s has several free sizes, and the log does not keep them"
                .formatted(field.name(), field.shape()));
    }
    if (free >= 0) shape[free] = known == 0 ? 0 : count / known;
    return shape;
  }
}
