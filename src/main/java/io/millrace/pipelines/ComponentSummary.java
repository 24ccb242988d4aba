package io.millrace.pipelines;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A component as people see it.
 *
 * @param name as written after {@code uses:}
 * @param project whose it is; null for the program's own
 */
public record ComponentSummary(
    String name,
    String version,
    String meaning,
    @Nullable String project,
    List<Taken> inputs,
    List<Given> outputs) {
  public ComponentSummary {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /**
   * An input.
   *
   * @param takes which values of its type, in words; null for all
   */
  public record Taken(
      String name,
      String type,
      boolean required,
      @JsonProperty("default") @Nullable JsonNode otherwise,
      @Nullable String takes,
      String meaning) {}

  /** An output. */
  public record Given(String name, String type, String meaning) {}

  static ComponentSummary of(
      Component component, Map<String, ValueRange> ranges, @Nullable String project) {
    return new ComponentSummary(
        component.name(),
        component.version(),
        component.meaning(),
        project,
        component.inputs().stream().map(input -> taken(input, ranges.get(input.name()))).toList(),
        component.outputs().stream()
            .map(output -> new Given(output.name(), output.type().text(), output.meaning()))
            .toList());
  }

  private static Taken taken(Component.Input input, @Nullable ValueRange range) {
    return new Taken(
        input.name(),
        input.type().text(),
        input.required(),
        input.otherwise(),
        range == null ? null : range.text(),
        input.meaning());
  }
}
