package io.millrace.training;

/** Numbers that depend on nothing but a seed and a counter. */
final class Seeds {
  private Seeds() {}

  /**
   * SplitMix64's mixing of a state (Steele, Lea, Flood: Fast splittable pseudorandom number
   * generators, 2014).
   */
  static long mixed(long seed, long counter) {
    long z = seed * 0xD1342543DE82EF95L + (counter + 1) * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
