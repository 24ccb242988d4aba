package io.millrace.pipelines;

import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How much a server has of what steps take: cores, memory where that is said, and pools, such as of
 * GPUs, by name.
 *
 * @param memory in bytes; null where steps' memory is not counted
 */
public record Capacities(int cpu, @Nullable Long memory, Map<String, Integer> pools) {
  static final int MOST = 1_000_000;
  private static final int MOST_POOLS = 50;
  private static final String CPU = "cpu";
  private static final String MEMORY = "memory";
  private static final String POOL = "pool ";
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_-]{0,63}");
  private static final Pattern AMOUNT = Pattern.compile("[1-9][0-9]{0,6}");

  public Capacities {
    pools = Map.copyOf(pools);
  }

  /** As many cores as the machine has, and no pools. */
  public static Capacities ofMachine() {
    return new Capacities(Runtime.getRuntime().availableProcessors(), null, Map.of());
  }

  /** Those of the machine, but for what the text says, as in gpu=2,license=1,memory=64Gi,cpu=8. */
  public static Capacities of(String text) {
    var machine = ofMachine();
    int cpu = machine.cpu;
    @Nullable Long memory = null;
    var pools = new TreeMap<String, Integer>();
    for (var part : text.isBlank() ? List.<String>of() : List.of(text.split(",", -1))) {
      int equal = part.indexOf('=');
      var name = equal < 0 ? part.strip() : part.substring(0, equal).strip();
      var amount = equal < 0 ? "" : part.substring(equal + 1).strip();
      if (name.equals(MEMORY)) {
        memory = Resources.bytes(amount);
        if (memory == null || memory < 1 << 20)
          throw new InvalidInput("pools: memory", amount, "a number of bytes, such as 64Gi");
        continue;
      }
      if (!NAME.matcher(name).matches())
        throw new InvalidInput(
            "pools: name", name, "NAME=AMOUNT, the name of a-z 0-9 _ -, starting with a letter");
      if (!AMOUNT.matcher(amount).matches() || Integer.parseInt(amount) > MOST)
        throw new InvalidInput("pools: " + name, amount, "1 to %,d".formatted(MOST));
      if (name.equals(CPU)) cpu = Integer.parseInt(amount);
      else if (pools.put(name, Integer.valueOf(amount)) != null)
        throw new InvalidInput("pools: %s is given twice; remove one".formatted(name));
    }
    if (pools.size() > MOST_POOLS)
      throw new InvalidInput("%d pools; there may be %d".formatted(pools.size(), MOST_POOLS));
    return new Capacities(cpu, memory, pools);
  }

  /** All of it, by what it is of. */
  Map<String, Long> amounts() {
    var amounts = new TreeMap<String, Long>();
    amounts.put(CPU, (long) cpu);
    if (memory != null) amounts.put(MEMORY, memory);
    pools.forEach((name, amount) -> amounts.put(POOL + name, (long) amount));
    return amounts;
  }

  /** What a step takes of it. */
  Map<String, Long> wanted(Resources resources) {
    var wanted = new TreeMap<String, Long>();
    wanted.put(CPU, resources.cpu() == null ? 1L : resources.cpu());
    if (memory != null && resources.memory() != null) wanted.put(MEMORY, resources.memory());
    resources.pools().forEach((name, amount) -> wanted.put(POOL + name, (long) amount));
    return wanted;
  }

  /** What of it can never be given, in words; empty where all can. */
  Optional<String> unfit(Resources resources) {
    var all = amounts();
    var problems = new ArrayList<String>();
    wanted(resources)
        .forEach((what, amount) -> {
          var there = all.get(what);
          if (there == null) {
            var name = what.substring(POOL.length());
            problems.add(
                "there is no pool \"%s\"%s; start the server with --pools %s=%d"
                    .formatted(name, Names.suggestion(name, pools.keySet()), name, amount));
          } else if (amount > there) {
            problems.add(
                "it takes %,d of %s, and the server has %,d; take less, or start the server with --pools %s=%d"
                    .formatted(amount, what, there, what.replace(POOL, ""), amount));
          }
        });
    return problems.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", problems));
  }

  /** InvalidInput, one line a step, where a step of the pipeline takes what is not there. */
  void refuseUnfit(Catalog catalog, PipelineDefinition pipeline, Map<String, String> texts) {
    var bound = catalog.bound(pipeline, texts);
    var problems = new ArrayList<String>();
    for (var step : pipeline.steps().values()) {
      boolean mayAsk =
          step.place().optional(Resources.KEY).isPresent()
              || step.process() == null && step.uses().text().startsWith(".");
      if (!mayAsk) continue;
      var place = step.place().optional(Resources.KEY).orElse(step.uses());
      unfit(Resources.of(step, bound.component(step)))
          .ifPresent(problem ->
              problems.add("%s: step %s: %s".formatted(place.place(), step.id(), problem)));
    }
    if (!problems.isEmpty()) throw new InvalidInput(String.join("\n", problems));
  }
}
