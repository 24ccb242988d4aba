package io.millrace.pipelines;

import java.util.List;
import java.util.Map;

/** {@code core/noop}: does nothing. */
public final class NoopComponent implements Component {
  @Override
  public String name() {
    return "core/noop";
  }

  @Override
  public String meaning() {
    return "Does nothing.";
  }

  @Override
  public List<Input> inputs() {
    return List.of();
  }

  @Override
  public List<Output> outputs() {
    return List.of();
  }

  @Override
  public Result run(Task task) {
    return new Result(Map.of(), Map.of(), List.of(), Map.of());
  }
}
