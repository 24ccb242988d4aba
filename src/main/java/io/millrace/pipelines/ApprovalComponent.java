package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.util.List;
import java.util.Optional;

/** What a step takes and gives that waits for somebody's decision. */
final class ApprovalComponent implements Component {
  private final List<Input> inputs;

  ApprovalComponent(List<Input> inputs) {
    this.inputs = List.copyOf(inputs);
  }

  static final List<Output> OUTPUTS =
      List.of(
          new Output(ApprovalDefinition.APPROVED, ValueType.BOOLEAN, "whether it was approved"),
          new Output("comment", ValueType.TEXT, "what was said to it"));

  @Override
  public String name() {
    return ApprovalDefinition.KEY;
  }

  @Override
  public String meaning() {
    return "Waits for somebody's decision.";
  }

  @Override
  public List<Input> inputs() {
    return inputs;
  }

  @Override
  public List<Output> outputs() {
    return OUTPUTS;
  }

  @Override
  public Optional<JsonNode> identity() {
    return Optional.of(Json.object().put("format", "millrace-approval-1"));
  }

  @Override
  public Result run(Task task) {
    throw new IllegalStateException("a decision is made by people, see Approvals");
  }
}
