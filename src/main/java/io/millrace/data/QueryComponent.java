package io.millrace.data;

import static java.util.stream.Collectors.toSet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Names;
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
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.regex.Pattern;

/**
 * {@code data/query}: one SELECT over named dataset versions, stored in a total order. The versions
 * are resolved when the step becomes ready and are part of its key.
 */
public final class QueryComponent implements Component {
  private static final Pattern PLACE = Pattern.compile("^line (\\d+), column (\\d+): ");

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

  @Override
  public void checkFiles(Map<String, JsonNode> with, Map<String, String> texts) {
    var names = with.containsKey("datasets") ? names(with.get("datasets")) : List.<String>of();
    for (var name : names) checkDataset(name, texts);
    var path = with.get("sql");
    if (path == null || !texts.containsKey(path.asText())) return;
    try (var engine = datasets.engine(1)) {
      var statement = SelectStatement.parse(engine, texts.getOrDefault(path.asText(), ""));
      if (with.containsKey("datasets"))
        statement.checkTables(names.stream().map(QueryComponent::table).collect(toSet()));
    } catch (InvalidInput e) {
      throw placed(path.asText(), e);
    }
  }

  private static String table(String name) {
    int slash = name.indexOf('/');
    return slash < 0 ? name : name.substring(0, slash);
  }

  /** The dataset is here, or this project defines it. */
  private void checkDataset(String name, Map<String, String> texts) {
    if (texts.containsKey("datasets/%s.yaml".formatted(table(name)))) return;
    var known = new TreeSet<String>();
    for (var version : datasets.list()) known.add(version.name());
    for (var path : texts.keySet())
      if (path.startsWith("datasets/") && path.endsWith(".yaml"))
        known.add(path.substring("datasets/".length(), path.length() - ".yaml".length()));
    if (!known.contains(table(name)))
      throw new InvalidInput(
          "datasets: nothing defines a dataset \"%s\"%s"
              .formatted(table(name), Names.suggestion(table(name), known)));
  }

  /** FILE:LINE:COLUMN instead of the words for it. */
  private static InvalidInput placed(String path, InvalidInput e) {
    var message = String.valueOf(e.getMessage());
    var place = PLACE.matcher(message);
    return new InvalidInput(
        place.find()
            ? "%s:%s:%s: %s"
                .formatted(path, place.group(1), place.group(2), message.substring(place.end()))
            : "%s: %s".formatted(path, message));
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
      Snapshot snapshot,
      Map<String, JsonNode> with,
      Map<String, ArtifactRef> inputs,
      Map<String, ArtifactRef> instead) {
    var pins = new TreeMap<String, ArtifactRef>();
    for (var name : names(with.getOrDefault("datasets", Json.array()))) {
      var sample = instead.get(table(name));
      var read =
          sample != null
              ? sample
              : new ArtifactRef(ValueType.DATASET, datasets.named(snapshot, name).digest());
      if (pins.put(table(name), read) != null) {
        throw new InvalidInput("datasets", name, "each dataset once");
      }
    }
    return pins;
  }

  /** By what the statement names; a star reads all columns. */
  @Override
  public Reads reads(
      String pin, String column, Map<String, JsonNode> with, Map<String, String> texts) {
    var path = with.get("sql");
    var sql = path == null ? null : texts.get(path.asText());
    if (sql == null) return Reads.UNKNOWN;
    try (var engine = datasets.engine(1)) {
      return SelectStatement.parse(engine, sql).reads(column);
    } catch (InvalidInput e) {
      return Reads.UNKNOWN;
    }
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
      throw sql != null && sql.isTextual() ? placed(sql.asText(), e) : e;
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
