package io.millrace.pipelines;

/** What a test reads in place of a dataset. */
public sealed interface Sample {
  /** The first rows of its current version, in their order. */
  record Rows(long count) implements Sample {}

  /** About that share of the rows of its current version; always the same ones. */
  record Fraction(double share) implements Sample {}

  /**
   * The rows of a file of the project.
   *
   * @param text what the file holds
   * @param definition of the dataset, which says how it is read; empty where the project has none
   */
  record File(String path, String text, String definition) implements Sample {}
}
