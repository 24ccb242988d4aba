package io.millrace.experiments;

import io.millrace.base.InvalidInput;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * A dataset that a run read, as its program described it.
 *
 * @param digest what the program computed, which need not be one of ours
 * @param source how the program got it; never opened here
 * @param tags of this reading, such as mlflow.data.context
 */
public record DatasetInput(
    String name,
    String digest,
    String sourceType,
    String source,
    @Nullable String schema,
    @Nullable String profile,
    SortedMap<String, String> tags) {
  public static final String CONTEXT = "mlflow.data.context";

  public DatasetInput {
    limit("dataset name", name, 500);
    limit("dataset digest", digest, 36);
    limit("dataset source", source, 65_535);
    if (schema != null) limit("dataset schema", schema, 1_048_575);
    if (profile != null) limit("dataset profile", profile, 16_777_215);
    tags.forEach((key, value) -> {
      limit("input tag key", key, 255);
      limit("input tag value", value, 500);
    });
  }

  private static void limit(String what, String value, int most) {
    if (value.length() > most)
      throw new InvalidInput(
          "'%s' exceeds the maximum length of %d characters: it has %d"
              .formatted(what, most, value.length()));
  }
}
