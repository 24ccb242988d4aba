package io.millrace.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.pipelines.ArtifactRef;
import io.millrace.pipelines.Component;
import io.millrace.pipelines.Result;
import io.millrace.pipelines.Task;
import io.millrace.pipelines.ValueType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;

/**
 * {@code data/split}: training and test rows, the same for equal data, by time, hash, group or
 * stratum.
 */
public final class SplitComponent implements Component {
  private final Datasets datasets;

  public SplitComponent(Datasets datasets) {
    this.datasets = datasets;
  }

  @Override
  public String name() {
    return "data/split";
  }

  @Override
  public String meaning() {
    return "Splits data into training and test rows, by time, hash, group or stratum.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(
        Input.required("data", ValueType.DATASET, "the rows"),
        Input.required("by", ValueType.TEXT, "time, hash, group or stratified"),
        Input.optional(
            "column",
            ValueType.TEXT,
            "the time, the key (default: the whole row), the group, or the stratum"),
        Input.optional(
            "at",
            ValueType.DATE,
            "by time: test rows are those from here on, training rows those before"),
        Input.optional(
            "known",
            ValueType.TEXT,
            "by time: when a row's label became known; training rows whose label was not known at the split are dropped"),
        Input.optional(
            "test", ValueType.NUMBER, "by hash, group, stratified: the share of test rows (0.2)"),
        Input.optional(
            "seed",
            ValueType.INTEGER,
            "by hash, group, stratified: another number draws other rows (0)"));
  }

  @Override
  public List<Output> outputs() {
    return List.of(
        new Output("train", ValueType.DATASET, "rows to learn from"),
        new Output("test", ValueType.DATASET, "rows to judge by"));
  }

  @Override
  public void check(Map<String, JsonNode> with) {
    var by = with.get("by");
    // What is an expression is not here yet and is read when the step runs.
    if (by == null || with.size() < 2) return;
    if (by.asText().equals("time") && (!with.containsKey("at") || !with.containsKey("column")))
      return;
    if (!by.asText().equals("hash") && !with.containsKey("column")) return;
    way(with);
  }

  private static Splitter.Way way(Map<String, JsonNode> with) {
    return Splitter.way(
        with.getOrDefault("by", Json.tree("")),
        with.get("column"),
        with.get("at"),
        with.get("known"),
        with.get("test"),
        with.get("seed"));
  }

  @Override
  public Result run(Task task) throws InterruptedException {
    var way = way(task.values());
    try (var engine = datasets.engine(1)) {
      task.onCancel(engine::cancel);
      return split(engine, datasets.relation(data(task)), way, task);
    } catch (CancellationException e) {
      throw new InterruptedException("cancelled");
    }
  }

  static Digest data(Task task) {
    var data = task.artifacts().get("data");
    if (data == null) throw new InvalidInput("input \"data\" is missing");
    return data.digest();
  }

  private Result split(Engine engine, String relation, Splitter.Way way, Task task) {
    var plan = new Splitter(engine, relation).plan(way);
    task.progress("splitting", Double.NaN);
    var counts = new HashMap<String, Long>();
    engine.query(
        "select coalesce(%1$s, 'dropped'), count(*) from %2$s group by 1"
            .formatted(Sql.name(Splitter.SIDE), plan.relation()),
        row -> counts.put(row.getString(1), row.getLong(2)));
    long train = counts.getOrDefault("train", 0L);
    long test = counts.getOrDefault("test", 0L);
    long dropped = counts.getOrDefault("dropped", 0L);
    for (var side : List.of("train", "test")) {
      if (counts.getOrDefault(side, 0L) > 0) continue;
      throw new InvalidInput(
          "the split leaves no %s rows (train %,d, test %,d, dropped %,d); %s"
              .formatted(
                  side.equals("train") ? "training" : "test", train, test, dropped, plan.fix()));
    }
    task.log("%,d training rows, %,d test rows".formatted(train, test));
    if (dropped > 0) task.log("%,d rows dropped: %s".formatted(dropped, plan.dropped()));
    var artifacts =
        Map.of(
            "train", new ArtifactRef(ValueType.DATASET, datasets.store(engine, plan.rows("train"))),
            "test", new ArtifactRef(ValueType.DATASET, datasets.store(engine, plan.rows("test"))));
    return new Result(
        artifacts,
        Map.of(),
        List.of(),
        Map.of(
            "rows",
            Json.tree(train + test),
            "train_rows",
            Json.tree(train),
            "test_rows",
            Json.tree(test),
            "dropped_rows",
            Json.tree(dropped)));
  }
}
