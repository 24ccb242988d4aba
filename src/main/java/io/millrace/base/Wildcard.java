package io.millrace.base;

import java.sql.SQLException;
import java.util.Locale;
import org.sqlite.Function;

/**
 * The SQL function {@code wildcard(pattern, text, ignore_case)}: % stands for any characters, _ for
 * one. Takes time proportional to the pattern times the text at most, so that no pattern can hold a
 * reader up.
 */
final class Wildcard extends Function {
  @Override
  protected void xFunc() throws SQLException {
    var pattern = value_text(0);
    var text = value_text(1);
    if (pattern == null || text == null) {
      result();
      return;
    }
    boolean ignoreCase = value_int(2) == 1;
    result(
        matches(
                ignoreCase ? pattern.toLowerCase(Locale.ROOT) : pattern,
                ignoreCase ? text.toLowerCase(Locale.ROOT) : text)
            ? 1
            : 0);
  }

  static boolean matches(String pattern, String text) {
    int p = 0;
    int t = 0;
    int star = -1;
    int resume = 0;
    while (t < text.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '%') {
        star = p++;
        resume = t;
      } else if (p < pattern.length()
          && (pattern.charAt(p) == '_' || pattern.charAt(p) == text.charAt(t))) {
        p++;
        t++;
      } else if (star >= 0) {
        p = star + 1;
        t = ++resume;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '%') p++;
    return p == pattern.length();
  }
}
