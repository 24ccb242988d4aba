package io.millrace.pipelines;

import io.millrace.definitions.YamlNode;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a step takes of the server while it works, {@code resources: { cpu: 2, memory: 8Gi, pools: {
 * gpu: 1 } }}; no part of its key.
 *
 * @param cpu null where nothing is said, which is 1
 * @param memory the most bytes of address space of each process of its command, or null for no
 *     limit
 * @param pools how much of each
 */
record Resources(@Nullable Integer cpu, @Nullable Long memory, Map<String, Integer> pools) {
  static final String KEY = "resources";
  static final Resources NONE = new Resources(null, null, Map.of());
  static final int MOST_POOLS = 20;
  private static final Pattern MEMORY = Pattern.compile("([1-9][0-9]{0,11})(|Ki|Mi|Gi|Ti)");

  Resources {
    pools = Map.copyOf(pools);
  }

  /** Of a command, whose memory can be limited. */
  static Resources ofCommand(YamlNode node) {
    node.only(Set.of("cpu", "memory", "pools"));
    return parse(node);
  }

  /** Of a step that uses a component. */
  private static Resources ofUse(YamlNode node) {
    if (node.map().containsKey("memory"))
      throw node.key("memory")
          .invalid(
              "resources.memory limits the processes of a command and goes with run; remove it");
    node.only(Set.of("cpu", "pools"));
    return parse(node);
  }

  /** Refuses what a step that uses a component says wrong. */
  static void check(YamlNode step) {
    step.optional(KEY).ifPresent(Resources::ofUse);
  }

  private static Resources parse(YamlNode node) {
    if (node.map().isEmpty())
      throw node.invalid("resources: expected some, such as { cpu: 2, pools: { gpu: 1 } }");
    var pools = new TreeMap<String, Integer>();
    node.optional("pools")
        .ifPresent(given -> {
          if (given.map().size() > MOST_POOLS)
            throw given.invalid(
                "%d pools; a step may take of %d".formatted(given.map().size(), MOST_POOLS));
          given.map().forEach((name, amount) -> pools.put(name, amount(amount, "pools." + name)));
        });
    return new Resources(
        node.optional("cpu").map(cpu -> amount(cpu, "cpu")).orElse(null),
        node.optional("memory").map(Resources::memory).orElse(null),
        pools);
  }

  private static int amount(YamlNode node, String what) {
    long amount = node.integer();
    if (amount < 1 || amount > Capacities.MOST)
      throw node.invalid(
          "resources.%s: got %d, expected 1 to %,d".formatted(what, amount, Capacities.MOST));
    return (int) amount;
  }

  private static Long memory(YamlNode given) {
    var bytes = bytes(given.json().asText());
    if (bytes == null)
      throw given.invalid(
          "resources.memory: got %s, expected a number of bytes, such as 2Gi or 512Mi"
              .formatted(given.json()));
    if (bytes < 1 << 20)
      throw given.invalid(
          "resources.memory: got %s, expected at least 1Mi".formatted(given.json()));
    return bytes;
  }

  /** As 512Mi; null where that is no number of bytes, 0 where it is too large a one. */
  static @Nullable Long bytes(String text) {
    var match = MEMORY.matcher(text);
    if (!match.matches()) return null;
    int shift =
        switch (match.group(2)) {
          case "Ki" -> 10;
          case "Mi" -> 20;
          case "Gi" -> 30;
          case "Ti" -> 40;
          default -> 0;
        };
    long bytes = Long.parseLong(match.group(1)) << shift;
    return bytes >> shift == Long.parseLong(match.group(1)) ? bytes : 0;
  }

  /** What a step takes: what it says, and else what its component's command does. */
  static Resources of(StepDefinition step, Component component) {
    var command = component instanceof ProcessComponent process ? process.resources() : NONE;
    if (step.process() != null) return command;
    var own = step.place().optional(KEY).map(Resources::ofUse).orElse(NONE);
    return new Resources(
        own.cpu == null ? command.cpu : own.cpu,
        command.memory,
        own.pools.isEmpty() ? command.pools : own.pools);
  }

  /** Whether it takes more than the one core that each step takes. */
  boolean isAsked() {
    return !equals(NONE);
  }
}
