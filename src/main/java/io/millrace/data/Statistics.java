package io.millrace.data;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a dataset's columns look like: a function of its content alone, so equal data give equal
 * JSON.
 *
 * @param sampled the rows that quantiles, bin ranges and the top values of columns of very many
 *     values rest on: all of them up to 500,000, else about 200,000 at positions fixed by the
 *     number of rows
 */
public record Statistics(long rows, long sampled, List<ColumnStatistics> columns) {
  static final List<Double> PROBABILITIES = List.of(0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99);
  private static final List<String> NAMES = List.of("p1", "p5", "p25", "p50", "p75", "p95", "p99");

  public Statistics {
    columns = List.copyOf(columns);
  }

  public Optional<ColumnStatistics> find(String column) {
    return columns.stream().filter(c -> c.name().equals(column)).findFirst();
  }

  /** Missing values of all columns together. */
  public long nulls() {
    return columns.stream().mapToLong(ColumnStatistics::nulls).sum();
  }

  /** As people and clients see it: one flat object a column, times as ISO 8601. */
  @JsonValue
  public JsonNode json() {
    var result = Json.object().put("rows", rows).put("sampled", sampled).put("nulls", nulls());
    var list = result.putArray("columns");
    for (var column : columns) list.add(json(column));
    return result;
  }

  private static ObjectNode json(ColumnStatistics column) {
    var result =
        Json.object()
            .put("name", column.name())
            .put("type", column.type())
            .put("nulls", column.nulls())
            .put("distinct", column.distinct());
    var numbers = column.numbers();
    if (numbers != null) {
      boolean time = column.isTime();
      result.set("min", value(numbers.min(), time));
      result.set("max", value(numbers.max(), time));
      result.set("mean", value(numbers.mean(), time));
      result.set("stddev", value(numbers.stddev(), false));
      var quantiles = result.putObject("quantiles");
      for (int i = 0; i < numbers.quantiles().size(); i++)
        quantiles.set(NAMES.get(i), value(numbers.quantiles().get(i), time));
      var histogram = numbers.histogram();
      if (histogram != null) {
        var bins = result.putObject("histogram");
        bins.put("low", histogram.low())
            .put("high", histogram.high())
            .put("under", histogram.under())
            .put("over", histogram.over());
        var counts = bins.putArray("counts");
        histogram.counts().forEach(counts::add);
      }
    }
    if (!column.top().isEmpty()) {
      var top = result.putArray("top");
      column.top().forEach(f -> top.addObject().put("value", f.value()).put("rows", f.rows()));
    }
    return result;
  }

  private static JsonNode value(@Nullable Double number, boolean time) {
    var nodes = Json.mapper().getNodeFactory();
    if (number == null) return nodes.nullNode();
    if (time) return nodes.textNode(instant(number).toString());
    if (number == Math.rint(number) && Math.abs(number) < 1e15)
      return nodes.numberNode(number.longValue());
    return nodes.numberNode(number.doubleValue());
  }

  static Instant instant(double seconds) {
    long whole = (long) Math.floor(seconds);
    return Instant.ofEpochSecond(whole, Math.round((seconds - whole) * 1e6) * 1000);
  }

  private static double number(JsonNode node) {
    return node.isTextual() ? seconds(Instant.parse(node.asText())) : node.asDouble();
  }

  static double seconds(Instant instant) {
    return instant.getEpochSecond() + instant.getNano() / 1e9;
  }

  private static @Nullable Double numberOrNull(JsonNode node) {
    return node.isNull() || node.isMissingNode() ? null : Double.valueOf(number(node));
  }

  /** Reads what {@link #json} wrote. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static Statistics of(JsonNode json) {
    var columns = new ArrayList<ColumnStatistics>();
    for (var column : json.path("columns")) {
      var top = new ArrayList<Frequent>();
      for (var f : column.path("top"))
        top.add(new Frequent(f.path("value").asText(), f.path("rows").asLong()));
      columns.add(
          new ColumnStatistics(
              column.path("name").asText(),
              column.path("type").asText(),
              column.path("nulls").asLong(),
              column.path("distinct").asLong(),
              column.has("min") ? numbers(column) : null,
              top));
    }
    return new Statistics(json.path("rows").asLong(), json.path("sampled").asLong(), columns);
  }

  private static Numbers numbers(JsonNode column) {
    var quantiles = new ArrayList<Double>();
    for (var name : NAMES) quantiles.add(number(column.path("quantiles").path(name)));
    var bins = column.path("histogram");
    var counts = new ArrayList<Long>();
    for (var count : bins.path("counts")) counts.add(count.asLong());
    var histogram =
        bins.isMissingNode()
            ? null
            : new Histogram(
                number(bins.path("low")),
                number(bins.path("high")),
                counts,
                bins.path("under").asLong(),
                bins.path("over").asLong());
    return new Numbers(
        number(column.path("min")),
        number(column.path("max")),
        numberOrNull(column.path("mean")),
        numberOrNull(column.path("stddev")),
        quantiles,
        histogram);
  }
}
