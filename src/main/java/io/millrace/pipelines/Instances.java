package io.millrace.pipelines;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The instances of a step, counted.
 *
 * @param count how many there are in all
 * @param states how many are in each state
 */
public record Instances(int count, Map<StepState, Integer> states) {
  /** Up to so many are told of one by one in a run's events. */
  static final int FEW = 100;

  public Instances {
    states = java.util.Collections.unmodifiableMap(new TreeMap<>(states));
  }

  /** As "12 instances: 3 ran, 9 cached". */
  @JsonProperty
  public String text() {
    var parts =
        states.entrySet().stream()
            .map(state -> "%,d %s".formatted(state.getValue(), state.getKey().text()))
            .collect(Collectors.joining(", "));
    return "%,d instance%s%s"
        .formatted(count, count == 1 ? "" : "s", parts.isEmpty() ? "" : ": " + parts);
  }

  int in(StepState state) {
    return states.getOrDefault(state, 0);
  }

  /** What an instance is called. */
  static String name(String step, int index) {
    return "%s[%d]".formatted(step, index);
  }

  /** The step that one of that name is an instance of, or the name itself. */
  static String step(String name) {
    int open = name.indexOf('[');
    return open < 0 ? name : name.substring(0, open);
  }

  /** The index of an instance, by its name. */
  public static int index(String name) {
    return Integer.parseInt(name.substring(name.indexOf('[') + 1, name.length() - 1));
  }

  static boolean isName(String name) {
    return name.endsWith("]");
  }

  /** The name with letters, digits, - and _ only, as commands are called. */
  static String plain(String name) {
    return name.replace("[", "-").replace("]", "").replace("/", "-");
  }
}
