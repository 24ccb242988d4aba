package io.millrace.base;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Suggests what somebody may have meant by a name that does not exist. */
public final class Names {
  private static final int MOST_SHOWN = 10;

  private Names() {}

  /**
   * The nearest of the valid names, as "; did you mean NAME?", or the first ten of them where none
   * is near.
   */
  public static String suggestion(String got, Collection<String> valid) {
    if (valid.isEmpty()) return "; there are none";
    return nearest(got, valid)
        .map("; did you mean \"%s\"?"::formatted)
        .orElseGet(() -> "; expected one of " + some(valid));
  }

  /**
   * The nearest name, if it differs in a third of its letters or two, and in half of them at most.
   */
  public static Optional<String> nearest(String got, Collection<String> valid) {
    @Nullable String best = null;
    int least = Integer.MAX_VALUE;
    for (var name : valid) {
      int distance = distance(got.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT));
      if (distance < least && 2 * distance <= Math.max(got.length(), name.length())) {
        least = distance;
        best = name;
      }
    }
    return least <= Math.max(2, got.length() / 3) ? Optional.ofNullable(best) : Optional.empty();
  }

  /** The first ten, and how many more there are. */
  public static String some(Collection<String> names) {
    var shown = String.join(", ", names.stream().limit(MOST_SHOWN).toList());
    int more = names.size() - MOST_SHOWN;
    return more <= 0 ? shown : "%s ... and %d more".formatted(shown, more);
  }

  /** Levenshtein's edit distance. */
  static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) row[j] = j;
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j] + 1, row[j - 1] + 1), diagonal + change);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
