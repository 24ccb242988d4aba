package io.millrace.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.pipelines.Component;
import io.millrace.pipelines.Result;
import io.millrace.pipelines.Task;
import io.millrace.pipelines.ValueType;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** {@code data/register}: makes what a step made the current version of a named dataset. */
public final class RegisterDataset implements Component {
  @Override
  public String name() {
    return "data/register";
  }

  @Override
  public String meaning() {
    return "Makes rows the current version of a named dataset; rows that are a version already stay that version.";
  }

  @Override
  public boolean hasEffects() {
    return true;
  }

  @Override
  public List<Input> inputs() {
    return List.of(
        Input.required("data", ValueType.DATASET, "the rows"),
        Input.required(
            "name", ValueType.TEXT, "the dataset's name; it is made if it does not exist"));
  }

  @Override
  public List<Output> outputs() {
    return List.of(new Output("version", ValueType.TEXT, "the version, as NAME/NUMBER"));
  }

  @Override
  public void check(Map<String, JsonNode> with) {
    if (with.get("name") instanceof JsonNode name && name.isTextual())
      Datasets.checkName(name.textValue());
  }

  @Override
  public Result run(Task task) {
    var data = SplitComponent.data(task);
    var name = Datasets.checkName(Objects.requireNonNull(task.value("name")).asText());
    return new Result(
        Map.of(),
        Map.of(),
        List.of(DatasetEffects.of(name, data)),
        Map.of("data", TextNode.valueOf(data.brief())));
  }
}
