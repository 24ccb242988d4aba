package io.millrace.base;

import java.util.Collection;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Suggests what somebody may have meant by a name that does not exist. */
public final class Names {
  private Names() {}

  /**
   * The nearest of the valid names, as "; did you mean NAME?", or the list of them where none is
   * near.
   */
  public static String suggestion(String got, Collection<String> valid) {
    @Nullable String best = null;
    int least = Integer.MAX_VALUE;
    for (var name : valid) {
      int distance = distance(got.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT));
      if (distance < least) {
        least = distance;
        best = name;
      }
    }
    if (best == null) return "; there are none";
    if (least <= Math.max(2, got.length() / 3)) return "; did you mean \"%s\"?".formatted(best);
    return "; expected one of " + String.join(", ", valid);
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
