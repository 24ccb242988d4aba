package io.millrace.serving;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.pipelines.Component;
import io.millrace.pipelines.Effect;
import io.millrace.pipelines.Result;
import io.millrace.pipelines.Task;
import io.millrace.pipelines.ValueType;
import io.millrace.registry.VersionId;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code serving/deploy}: puts a model version in service at an endpoint, at once. */
public final class DeployComponent implements Component {
  static final String KIND = "deploy";

  @Override
  public String name() {
    return "serving/deploy";
  }

  @Override
  public String meaning() {
    return "Serves a model version at an endpoint, at once, and moves the model's alias champion to it.";
  }

  @Override
  public boolean hasEffects() {
    return true;
  }

  @Override
  public List<Input> inputs() {
    return List.of(
        Input.required(
            "version",
            ValueType.TEXT,
            "The model version, NAME/VERSION, such as registry/register gives."),
        Input.required(
            "endpoint", ValueType.TEXT, "The endpoint's name; it is made if it does not exist."));
  }

  @Override
  public List<Output> outputs() {
    return List.of(
        new Output("endpoint", ValueType.TEXT, "The endpoint's name, once it serves the version."));
  }

  @Override
  public void check(Map<String, JsonNode> with) {
    if (with.get("endpoint") instanceof JsonNode endpoint && endpoint.isTextual())
      new EndpointName(endpoint.textValue());
    if (with.get("version") instanceof JsonNode version && version.isTextual())
      VersionId.parse(version.textValue());
  }

  @Override
  public Result run(Task task) {
    var name = new EndpointName(text(task.value("endpoint"), "endpoint"));
    var version = VersionId.parse(text(task.value("version"), "version"));
    var content = Json.object().put("endpoint", name.value()).put("version", version.toString());
    return new Result(Map.of(), Map.of(), List.of(new Effect(KIND, content)), Map.of());
  }

  private static String text(@Nullable JsonNode value, String input) {
    if (value == null || !value.isTextual())
      throw new InvalidInput(input, value == null ? "nothing" : value.toString(), "a text");
    return value.textValue();
  }
}
