package io.millrace.registry;

import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A model by name.
 *
 * @param latest the newest version's number
 * @param aliases the number that each alias points at
 */
public record RegisteredModel(
    ModelName name, long latest, SortedMap<Alias, Long> aliases, Instant createdAt) {
  public RegisteredModel {
    aliases = Collections.unmodifiableSortedMap(new TreeMap<>(aliases));
  }
}
