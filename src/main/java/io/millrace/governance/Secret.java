package io.millrace.governance;

import java.time.Instant;
import java.util.List;

/**
 * A secret, without its value.
 *
 * @param latest the number that a reference without one means
 * @param versions those that can be used, the oldest first
 */
public record Secret(String name, int latest, List<Version> versions) {
  /** One value that it had or has. */
  public record Version(int number, Instant createdAt) {}

  public Secret {
    versions = List.copyOf(versions);
  }
}
