package io.millrace.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.pipelines.ArtifactRef;
import io.millrace.pipelines.Component;
import io.millrace.pipelines.Result;
import io.millrace.pipelines.Task;
import io.millrace.pipelines.ValueType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;

/**
 * {@code data/query}: one SELECT over named dataset versions, stored in a total order. The versions
 * are resolved when the step becomes ready and are part of its key.
 */
public final class QueryComponent implements Component {
  private final Datasets datasets;

  public QueryComponent(Datasets datasets) {
    this.datasets = datasets;
  }

  @Override
  public String name() {
    return "data/query";
  }

  @Override
  public String meaning() {
    return "Runs one SELECT over datasets and keeps its rows, in a total order.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(
        Input.required(
            "sql",
            ValueType.FILE,
            "the statement: a file of the project, such as queries/examples.sql"),
        Input.required(
            "datasets",
            ValueType.LIST,
            "the datasets it reads, NAME (the current version) or NAME/NUMBER; each is a table of that name"),
        Input.optional(
            "values",
            ValueType.MAP,
            "values for the statement's $names; text in the form of a date or time is one"));
  }

  @Override
  public List<Output> outputs() {
    return List.of(new Output("data", ValueType.DATASET, "the rows"));
  }

  @Override
  public void check(Map<String, JsonNode> with) {
    var list = with.get("datasets");
    if (list != null && list.isArray()) names(list);
    var values = with.get("values");
    if (values != null && values.isObject())
      values.properties().forEach(e -> Values.literal(e.getKey(), e.getValue()));
  }

  private static List<String> names(JsonNode list) {
    var names = new ArrayList<String>();
    for (var element : list) {
      if (!element.isTextual())
        throw new InvalidInput(
            "datasets", element.toString(), "names such as flights or flights/2");
      names.add(element.asText());
    }
    return names;
  }

  @Override
  public Map<String, ArtifactRef> pins(
      Snapshot snapshot, Map<String, JsonNode> with, Map<String, ArtifactRef> inputs) {
    var pins = new TreeMap<String, ArtifactRef>();
    for (var name : names(with.getOrDefault("datasets", Json.array()))) {
      var version = datasets.named(snapshot, name);
      if (pins.put(version.name(), new ArtifactRef(ValueType.DATASET, version.digest())) != null) {
        throw new InvalidInput("datasets", name, "each dataset once");
      }
    }
    return pins;
  }

  @Override
  public Result run(Task task) throws InterruptedException {
    var tables = new LinkedHashMap<String, Digest>();
    new TreeMap<>(task.pins()).forEach((name, pin) -> tables.put(name, pin.digest()));
    var values = new TreeMap<String, JsonNode>();
    if (task.value("values") instanceof ObjectNode given)
      given.properties().forEach(e -> values.put(e.getKey(), e.getValue()));
    try (var engine = datasets.engine(1)) {
      task.onCancel(engine::cancel);
      task.progress("querying " + String.join(", ", tables.keySet()), Double.NaN);
      var stored = new Queries(datasets).store(engine, task.file("sql"), tables, values, task::log);
      return new Result(
          Map.of("data", new ArtifactRef(ValueType.DATASET, stored.digest())),
          Map.of(),
          List.of(),
          summary(stored, task));
    } catch (InvalidInput e) {
      var sql = task.value("sql");
      throw sql != null && sql.isTextual()
          ? new InvalidInput("%s: %s".formatted(sql.asText(), e.getMessage()))
          : e;
    } catch (CancellationException e) {
      throw new InterruptedException("cancelled");
    }
  }

  private static Map<String, JsonNode> summary(Queries.Stored stored, Task task) {
    long nulls = stored.nulls().values().stream().mapToLong(Long::longValue).sum();
    task.log("%,d rows".formatted(stored.rows()));
    stored
        .nulls()
        .forEach((column, count) -> {
          if (count > 0) task.log("%s: %,d nulls".formatted(column, count));
        });
    return Map.of("rows", Json.tree(stored.rows()), "nulls", Json.tree(nulls));
  }
}
