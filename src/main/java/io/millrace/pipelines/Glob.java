package io.millrace.pipelines;

/**
 * Paths with wildcards: * stands for any characters but /, ** for any characters, "**" and "/" for
 * any folders or none. Takes time proportional to the pattern times the path, so that no pattern
 * can hold a server up.
 */
final class Glob {
  private Glob() {}

  static boolean matches(String pattern, String path) {
    // Which beginnings of the path the pattern so far stands for.
    var reached = new boolean[path.length() + 1];
    reached[0] = true;
    int p = 0;
    while (p < pattern.length()) {
      char c = pattern.charAt(p);
      boolean any = pattern.startsWith("**", p);
      boolean folders = any && (p == 0 || pattern.charAt(p - 1) == '/') && next(pattern, p) == '/';
      p += folders ? 3 : any ? 2 : 1;
      var before = reached;
      reached = new boolean[before.length];
      boolean seen = false;
      for (int t = 0; t < before.length; t++) {
        if (c != '*') {
          reached[t] = t > 0 && before[t - 1] && path.charAt(t - 1) == c;
        } else if (folders) {
          reached[t] = before[t] || seen && path.charAt(t - 1) == '/';
        } else {
          reached[t] = before[t] || t > 0 && reached[t - 1] && (any || path.charAt(t - 1) != '/');
        }
        seen |= before[t];
      }
    }
    return reached[path.length()];
  }

  private static char next(String pattern, int p) {
    return p + 2 < pattern.length() ? pattern.charAt(p + 2) : '\0';
  }
}
