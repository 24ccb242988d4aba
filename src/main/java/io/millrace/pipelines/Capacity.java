package io.millrace.pipelines;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * Gives steps of all runs what they take while they work. Who asked first gets first: what the
 * oldest that waits needs is kept for it, so that no large step waits for ever while small ones
 * pass. Of what another is short of nothing is given to who asked after it; what it is not short of
 * goes to others meanwhile. Thread-safe.
 */
public final class Capacity {
  /** What somebody has, or waits for; known by itself. */
  static final class Claim {
    private final String who;
    private final Map<String, Long> wanted;
    private final CompletableFuture<Boolean> granted = new CompletableFuture<>();

    private Claim(String who, Map<String, Long> wanted) {
      this.who = who;
      this.wanted = Map.copyOf(wanted);
    }

    /** Completes when it has all of it. */
    CompletableFuture<Boolean> granted() {
      return granted;
    }
  }

  /**
   * What there is of something.
   *
   * @param what cpu, memory (in bytes) or "pool NAME"
   * @param free less than none where more is in use than there is, after a start with less of it
   */
  public record Stock(String what, long all, long free) {}

  /**
   * @param stocks by what they are of
   * @param waiting steps that wait for some of it
   */
  public record Shown(List<Stock> stocks, int waiting) {}

  private static final String EACH = "cpu";

  private final Map<String, Long> all;
  private final Map<String, Long> free;
  private final Map<String, Claim> waiting = new LinkedHashMap<>();
  private final Map<String, Claim> held = new HashMap<>();
  private boolean shut;

  Capacity(Map<String, Long> all) {
    this.all = Map.copyOf(all);
    this.free = new HashMap<>(all);
  }

  /** The name of a step that asks. */
  static String who(String run, String step) {
    return run + "/" + step;
  }

  /**
   * Asks for it. Whoever has done with it, or no longer wants it, calls {@link #give}.
   *
   * @param who one that does not ask already
   * @param wanted no more of anything than there is
   */
  synchronized Claim take(String who, Map<String, Long> wanted) {
    var claim = new Claim(who, wanted);
    waiting.put(who, claim);
    grant();
    return claim;
  }

  /** Gives back what it has, or its place in the line. */
  synchronized void give(Claim claim) {
    if (!waiting.remove(claim.who, claim)) claim.wanted.forEach((what, n) -> add(what, n));
    grant();
  }

  private void add(String what, long amount) {
    free.merge(what, amount, Long::sum);
  }

  private void grant() {
    if (shut) return;
    var left = new HashMap<>(free);
    boolean isOldest = true;
    for (var claim : new ArrayList<>(waiting.values())) {
      // Everybody needs some of this.
      if (left.getOrDefault(EACH, 0L) <= 0) return;
      boolean fits =
          claim.wanted.entrySet().stream()
              .allMatch(w -> left.getOrDefault(w.getKey(), 0L) >= w.getValue());
      for (var wanted : claim.wanted.entrySet()) {
        boolean isShort = left.getOrDefault(wanted.getKey(), 0L) < wanted.getValue();
        if (fits || isOldest || isShort) left.merge(wanted.getKey(), -wanted.getValue(), Long::sum);
      }
      if (!fits) {
        isOldest = false;
        continue;
      }
      waiting.remove(claim.who);
      claim.wanted.forEach((what, n) -> add(what, -n));
      claim.granted.complete(true);
    }
  }

  /** Gives nothing until it is opened: what works on already is to be counted first. */
  synchronized void shut() {
    shut = true;
  }

  synchronized void open() {
    shut = false;
    grant();
  }

  /** Counts what a step has that works on, though that may be more than there is. */
  synchronized void hold(String who, Map<String, Long> has) {
    held.put(who, counted(who, has));
  }

  private Claim counted(String who, Map<String, Long> has) {
    var claim = new Claim(who, has);
    claim.granted.complete(true);
    has.forEach((what, n) -> add(what, -n));
    return claim;
  }

  /** What is held for a step, now in the hands of who asks, to be given back. */
  synchronized Claim held(String who, Map<String, Long> has) {
    var known = held.remove(who);
    return known == null ? counted(who, has) : known;
  }

  /** Gives back what is held for a run and nobody asked for. */
  synchronized void forget(String run) {
    for (var claim : new ArrayList<>(held.values()))
      if (claim.who.startsWith(who(run, "")) && held.remove(claim.who, claim)) give(claim);
  }

  synchronized Shown shown() {
    var stocks = new ArrayList<Stock>();
    new TreeMap<>(all)
        .forEach((what, n) -> stocks.add(new Stock(what, n, free.getOrDefault(what, 0L))));
    return new Shown(stocks, waiting.size());
  }

  /** What a step waits for, in words; empty where it does not wait. */
  synchronized Optional<String> missing(String who) {
    var claim = waiting.get(who);
    if (claim == null) return Optional.empty();
    int before = 0;
    for (var other : waiting.keySet()) {
      if (other.equals(who)) break;
      before++;
    }
    var wants = new ArrayList<String>();
    claim.wanted.forEach((what, n) ->
        wants.add(
            "%,d of %s (%,d of %,d free)"
                .formatted(
                    n,
                    what,
                    Math.max(0, free.getOrDefault(what, 0L)),
                    all.getOrDefault(what, 0L))));
    return Optional.of(
        "waits for %s%s"
            .formatted(
                String.join(", ", wants.stream().sorted().toList()),
                before == 0 ? "" : "; %,d asked before it".formatted(before)));
  }
}
