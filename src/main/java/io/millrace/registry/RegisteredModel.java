package io.millrace.registry;

import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A model by name.
 *
 * @param latest the newest version's number; 0 where there is none
 * @param aliases the number that each alias points at
 */
public record RegisteredModel(
    ModelName name,
    String description,
    long latest,
    SortedMap<Alias, Long> aliases,
    SortedMap<String, String> tags,
    Instant createdAt,
    Instant updatedAt) {
  /** The tag of prompts, which MLflow keeps among the models. */
  public static final String PROMPT = "mlflow.prompt.is_prompt";

  public RegisteredModel {
    aliases = Collections.unmodifiableSortedMap(new TreeMap<>(aliases));
    tags = Collections.unmodifiableSortedMap(new TreeMap<>(tags));
  }

  public boolean isPrompt() {
    return "true".equalsIgnoreCase(tags.get(PROMPT));
  }
}
