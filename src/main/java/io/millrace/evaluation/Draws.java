package io.millrace.evaluation;

/**
 * Random draws whose sequence is fixed by the seed for all time: SplitMix64 (Steele, Lea, Flood,
 * "Fast splittable pseudorandom number generators", OOPSLA 2014), so that equal reports have equal
 * bytes on every Java.
 */
final class Draws {
  private long state;

  Draws(long seed) {
    state = seed;
  }

  long next() {
    state += 0x9E3779B97F4A7C15L;
    long z = state;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** 0 to bound - 1; the bias of at most bound / 2^32 does not matter here. */
  int below(int bound) {
    return (int) (((next() >>> 32) * bound) >>> 32);
  }
}
