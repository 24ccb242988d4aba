package io.millrace.pipelines;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a command is called and takes.
 *
 * @param ranges of the inputs that take only some values of their type
 */
record ProcessSignature(
    String name,
    String version,
    String meaning,
    List<Component.Input> inputs,
    Map<String, ValueRange> ranges) {
  ProcessSignature {
    inputs = List.copyOf(inputs);
    ranges = Map.copyOf(ranges);
  }

  /** Of a step's own command. */
  static ProcessSignature ofStep(List<Component.Input> inputs) {
    return new ProcessSignature("run", "", "Runs a command.", inputs, Map.of());
  }

  /** With the secrets that a step gives it, which are among the step's values. */
  ProcessSignature usedBy(StepDefinition step) {
    var all = new ArrayList<>(inputs);
    for (var name : step.with().keySet())
      if (name.startsWith(StepSecrets.PREFIX))
        all.add(Component.Input.required(name, ValueType.TEXT, "a secret"));
    return new ProcessSignature(name, version, meaning, all, ranges);
  }
}
