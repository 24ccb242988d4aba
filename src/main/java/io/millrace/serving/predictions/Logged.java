package io.millrace.serving.predictions;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import io.millrace.models.DataType;
import io.millrace.models.Tensor;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A request as the log has it, and the rows that it becomes: one a prediction. A row's id is that
 * of the request, and /0, /1, ... after it where the request had several.
 *
 * @param inputs null where the request was too large to be kept whole
 */
record Logged(
    String id,
    Instant at,
    long latencyMicros,
    Model model,
    @Nullable String clientId,
    Map<String, String> context,
    @Nullable List<Values> inputs,
    @Nullable List<Values> outputs) {

  /** Who answered. */
  record Model(String endpoint, String version, String packageDigest, @Nullable String variant) {}

  /** A tensor; without its elements where they are masked. */
  record Values(String name, long[] shape, @Nullable Tensor tensor) {}

  /** DuckDB's names and types of what {@link #row} gives, in its order. */
  static final String COLUMNS =
      """
      id varchar, request_id varchar, request_row bigint, time timestamp with time zone, endpoint varchar,
      version varchar, package varchar, variant varchar, latency_micros bigint, client_id varchar,
      context varchar, inputs varchar, outputs varchar
      """;

  /**
   * How many predictions it holds: the size of the first dimension where all tensors share it, else
   * one.
   */
  int rows() {
    if (inputs == null || outputs == null) return 1;
    long rows = -1;
    for (var values : Stream.concat(inputs.stream(), outputs.stream()).toList()) {
      if (values.shape().length == 0) return 1;
      if (rows >= 0 && rows != values.shape()[0]) return 1;
      rows = values.shape()[0];
    }
    return rows < 0 ? 1 : (int) rows;
  }

  /** A row of the table; rows is what {@link #rows} says. */
  @Nullable Object[] row(int row, int rows) {
    return new @Nullable Object[] {
      rows == 1 ? id : id + "/" + row,
      id,
      (long) row,
      at,
      model.endpoint(),
      model.version(),
      model.packageDigest(),
      model.variant(),
      latencyMicros,
      clientId,
      context.isEmpty() ? null : Json.write(context),
      json(inputs, row, rows),
      json(outputs, row, rows)
    };
  }

  private static @Nullable String json(@Nullable List<Values> tensors, int row, int rows) {
    if (tensors == null) return null;
    var json = Json.object();
    for (var values : tensors) put(json, values, row, rows);
    return Json.write(json);
  }

  /** One element as it is, several as a flat list, masked ones as null. */
  private static void put(ObjectNode json, Values values, int row, int rows) {
    var tensor = values.tensor();
    if (tensor == null) {
      json.putNull(values.name());
      return;
    }
    int each = rows == 0 ? 0 : tensor.size() / rows;
    if (each == 1) {
      var one = Json.array();
      add(one, tensor, row);
      json.set(values.name(), one.get(0));
      return;
    }
    var list = json.putArray(values.name());
    for (int i = 0; i < each; i++) add(list, tensor, row * each + i);
  }

  /** JSON has neither NaN, which is null, nor infinities, which are texts. */
  private static void add(ArrayNode list, Tensor tensor, int index) {
    switch (tensor.at(index)) {
      case Double number when number.isNaN() -> list.addNull();
      case Double number when number.isInfinite() -> list.add(number.toString());
      case Double number when number == Math.rint(number) && Math.abs(number) < 1e15 ->
          list.add(number.longValue());
      case Double _ when tensor.datatype() == DataType.FP32 -> list.add(tensor.floats()[index]);
      case Double number -> list.add(number);
      case Long whole -> list.add(whole);
      case Boolean flag -> list.add(flag);
      case Object text -> list.add(text.toString());
    }
  }
}
