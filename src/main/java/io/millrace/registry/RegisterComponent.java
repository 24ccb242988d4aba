package io.millrace.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.pipelines.ArtifactRef;
import io.millrace.pipelines.Component;
import io.millrace.pipelines.Result;
import io.millrace.pipelines.Task;
import io.millrace.pipelines.ValueType;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** {@code registry/register}: makes a model package the next version of a registered model. */
public final class RegisterComponent implements Component {
  @Override
  public String name() {
    return "registry/register";
  }

  @Override
  public String meaning() {
    return "Makes a model the next version of a registered model; a package that is a version already stays that version.";
  }

  @Override
  public boolean hasEffects() {
    return true;
  }

  @Override
  public List<Input> inputs() {
    return List.of(
        Input.required("model", ValueType.MODEL, "the model package"),
        Input.required("name", ValueType.TEXT, "the registered model's name"));
  }

  @Override
  public List<Output> outputs() {
    return List.of(new Output("version", ValueType.TEXT, "the version, as NAME/NUMBER"));
  }

  @Override
  public void check(Map<String, JsonNode> with) {
    var name = with.get("name");
    if (name != null) checked(name);
  }

  private static ModelName checked(JsonNode name) {
    return new ModelName(name.asText());
  }

  @Override
  public Result run(Task task) {
    ArtifactRef model = Objects.requireNonNull(task.artifacts().get("model"));
    var name = checked(Objects.requireNonNull(task.value("name")));
    return new Result(
        Map.of(),
        Map.of(),
        List.of(RegisterEffect.of(name, model.digest())),
        Map.of("package", TextNode.valueOf(model.digest().brief())));
  }
}
