package io.millrace.serving.predictions;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.base.Json;
import io.millrace.models.DataType;
import io.millrace.models.Tensor;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import java.util.Map;
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

  private static final JsonFactory JSON = new JsonFactory();

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
    for (var tensors : List.of(inputs, outputs)) {
      for (var values : tensors) {
        if (values.shape().length == 0) return 1;
        if (rows >= 0 && rows != values.shape()[0]) return 1;
        rows = values.shape()[0];
      }
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

  /** Written as it goes: this is done for every prediction. */
  private static @Nullable String json(@Nullable List<Values> tensors, int row, int rows) {
    if (tensors == null) return null;
    var text = new StringWriter(32 * tensors.size());
    try (var json = JSON.createGenerator(text)) {
      json.writeStartObject();
      for (var values : tensors) write(json, values, row, rows);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  /** One element as it is, several as a flat list, masked ones as null. */
  private static void write(JsonGenerator json, Values values, int row, int rows)
      throws IOException {
    json.writeFieldName(values.name());
    var tensor = values.tensor();
    if (tensor == null) {
      json.writeNull();
      return;
    }
    int each = rows == 0 ? 0 : tensor.size() / rows;
    if (each == 1) {
      write(json, tensor, row);
      return;
    }
    json.writeStartArray();
    for (int i = 0; i < each; i++) write(json, tensor, row * each + i);
    json.writeEndArray();
  }

  /** JSON has neither NaN, which is null, nor infinities, which are texts. */
  private static void write(JsonGenerator json, Tensor tensor, int index) throws IOException {
    switch (tensor.at(index)) {
      case Double number when number.isNaN() -> json.writeNull();
      case Double number when number.isInfinite() -> json.writeString(number.toString());
      case Double number when number == Math.rint(number) && Math.abs(number) < 1e15 ->
          json.writeNumber(number.longValue());
      case Double number when tensor.datatype() == DataType.FP64 -> json.writeNumber(number);
      case Double number -> json.writeNumber(number.floatValue()); // a float holds it exactly
      case Long whole -> json.writeNumber(whole);
      case BigInteger whole -> json.writeNumber(whole);
      case Boolean flag -> json.writeBoolean(flag);
      case Object text -> json.writeString(text.toString());
    }
  }
}
