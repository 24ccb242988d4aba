package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Nobody gets more than there is, nobody waits for ever, and nothing lies idle without need. */
class CapacityTest {
  private final Capacity capacity = new Capacity(Map.of("cpu", 4L, "pool gpu", 1L));
  private int asked;

  private Capacity.Claim take(long cpu, long gpu) {
    return capacity.take("run/s" + asked++, wanted(cpu, gpu));
  }

  private static Map<String, Long> wanted(long cpu, long gpu) {
    return gpu == 0 ? Map.of("cpu", cpu) : Map.of("cpu", cpu, "pool gpu", gpu);
  }

  private static boolean has(Capacity.Claim claim) {
    return claim.granted().isDone();
  }

  @Test
  void aLargeOneIsNotPassedBySmallOnesThatAskedLater() {
    var first = take(3, 0);
    var large = take(4, 0);
    var small = take(1, 0);
    assertThat(List.of(has(first), has(large), has(small))).containsExactly(true, false, false);
    capacity.give(first);
    assertThat(List.of(has(large), has(small))).containsExactly(true, false);
    capacity.give(large);
    assertThat(has(small)).isTrue();
  }

  @Test
  void whatIsFreeAndWhoWaitsIsShown() {
    var first = take(3, 1);
    take(2, 0);
    assertThat(capacity.shown())
        .isEqualTo(
            new Capacity.Shown(
                List.of(new Capacity.Stock("cpu", 4, 1), new Capacity.Stock("pool gpu", 1, 0)), 1));
    capacity.give(first);
    assertThat(capacity.shown().waiting()).isZero();
  }

  @Test
  void whoWaitsForAPoolKeepsNobodyFromTheCores() {
    var first = take(1, 1);
    var waiting = new ArrayList<Capacity.Claim>();
    for (int i = 0; i < 10; i++) waiting.add(take(1, 1));
    // One core is kept for the oldest that waits, and that is all.
    assertThat(List.of(has(take(1, 0)), has(take(1, 0)), has(take(1, 0))))
        .containsExactly(true, true, false);
    capacity.give(first);
    assertThat(waiting.stream().filter(CapacityTest::has)).containsExactly(waiting.getFirst());
  }

  @Test
  void whoGivesUpItsPlaceLetsOthersPass() {
    var first = take(2, 0);
    var large = take(4, 0);
    var small = take(2, 0);
    assertThat(has(small)).isFalse();
    capacity.give(large);
    assertThat(has(small)).isTrue();
    capacity.give(first);
    capacity.give(small);
    assertThat(has(take(4, 1))).isTrue();
  }

  @Test
  void whatWorksOnIsCountedFirstThoughItBeMoreThanThereIs() {
    capacity.shut();
    var asking = take(1, 0);
    capacity.hold("old/a", wanted(4, 1));
    capacity.hold("old/b", wanted(2, 0));
    capacity.open();
    assertThat(has(asking)).isFalse();
    capacity.give(capacity.held("old/a", wanted(4, 1)));
    assertThat(has(asking)).isTrue();
    assertThat(has(take(2, 0))).isFalse();
    capacity.forget("old");
    assertThat(has(take(1, 0))).isTrue();
  }

  @Test
  void itSaysWhatIsMissing() {
    take(4, 0);
    take(1, 1);
    assertThat(capacity.missing("run/s0")).isEmpty();
    assertThat(capacity.missing("run/s1"))
        .contains("waits for 1 of cpu (0 of 4 free), 1 of pool gpu (1 of 1 free)");
    take(1, 0);
    assertThat(capacity.missing("run/s2"))
        .contains("waits for 1 of cpu (0 of 4 free); 1 asked before it");
  }

  @Test
  void nobodyHasTooMuchAndAllGetTheirTurn() {
    for (int seed = 0; seed < 200; seed++) {
      var random = new Random(seed);
      var all = Map.of("cpu", 4L, "pool gpu", 2L, "memory", 10L);
      var some = new Capacity(all);
      var open = new ArrayList<Capacity.Claim>();
      var wants = new HashMap<Capacity.Claim, Map<String, Long>>();
      for (int i = 0; i < 100; i++) {
        var wanted = new HashMap<String, Long>();
        wanted.put("cpu", 1 + random.nextLong(4));
        if (random.nextBoolean()) wanted.put("pool gpu", 1 + random.nextLong(2));
        if (random.nextBoolean()) wanted.put("memory", 1 + random.nextLong(10));
        var claim = some.take("r/" + i, wanted);
        open.add(claim);
        wants.put(claim, wanted);
        while (random.nextInt(3) == 0 && !open.isEmpty())
          some.give(open.remove(random.nextInt(open.size())));
        for (var what : all.keySet())
          assertThat(
                  open.stream()
                      .filter(CapacityTest::has)
                      .mapToLong(c -> wants.getOrDefault(c, Map.of()).getOrDefault(what, 0L))
                      .sum())
              .as("seed %d: %s after %d", seed, what, i)
              .isLessThanOrEqualTo(all.getOrDefault(what, 0L));
      }
      while (!open.isEmpty()) {
        // Who has waited longest is among the next that get it, whoever else asks.
        var oldest = open.stream().filter(c -> !has(c)).findFirst();
        for (var claim : open.stream().filter(CapacityTest::has).toList()) {
          open.remove(claim);
          some.give(claim);
        }
        assertThat(oldest.isEmpty() || has(oldest.get())).as("seed %d", seed).isTrue();
      }
    }
  }
}
