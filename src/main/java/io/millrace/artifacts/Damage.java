package io.millrace.artifacts;

import java.nio.file.Path;

/**
 * Something in the store that is not as it was written.
 *
 * @param blob the digest it should have, or the file's path below the store where that is no digest
 * @param file where it lies, or should lie
 * @param problem what is wrong and what to do
 */
public record Damage(String blob, Path file, String problem) {
  @Override
  public String toString() {
    return "%s: %s (%s)".formatted(blob, problem, file);
  }
}
