package io.millrace.pipelines;

import java.util.List;
import java.util.Map;
import java.util.Objects;

/** {@code core/value}: gives back what it was given, so that several steps can refer to it. */
public final class ValueComponent implements Component {
  @Override
  public String name() {
    return "core/value";
  }

  @Override
  public String meaning() {
    return "Gives its value back.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(Input.required("value", ValueType.ANY, "anything"));
  }

  @Override
  public List<Output> outputs() {
    return List.of(new Output("value", ValueType.ANY, "the same"));
  }

  @Override
  public Result run(Task task) {
    return new Result(
        Map.of(),
        Map.of("value", Objects.requireNonNull(task.value("value"))),
        List.of(),
        Map.of());
  }
}
