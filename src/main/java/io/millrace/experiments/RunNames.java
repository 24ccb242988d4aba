package io.millrace.experiments;

import java.util.List;

/** Makes names for runs whose programs give none: an adjective, a noun, a number. */
final class RunNames {
  private static final List<String> ADJECTIVES =
      List.of(
          "able", "bold", "brisk", "calm", "clear", "deep", "eager", "fair", "fleet", "gentle",
          "grand", "keen", "kind", "light", "lively", "mellow", "merry", "nimble", "proud", "quick",
          "quiet", "rapid", "round", "sharp", "silver", "smooth", "steady", "swift", "warm",
          "wise");
  private static final List<String> NOUNS =
      List.of(
          "alder", "brook", "canal", "cedar", "crane", "dam", "dipper", "eddy", "ford", "gate",
          "heron", "lock", "meadow", "mill", "moss", "otter", "pond", "race", "reed", "river",
          "shoal", "sluice", "spring", "stone", "stream", "trout", "weir", "wheel", "willow",
          "wren");

  private RunNames() {}

  static String made(String seed) {
    int hash = seed.hashCode() & 0x7fffffff;
    return "%s-%s-%d"
        .formatted(
            ADJECTIVES.get(hash % ADJECTIVES.size()),
            NOUNS.get(hash / 31 % NOUNS.size()),
            hash / 961 % 1_000);
  }
}
