package io.millrace.base;

import java.util.regex.Pattern;

/**
 * A pattern for relative paths with '/' between names: {@code *} and {@code ?} stand for characters
 * within a name, {@code **} for any names. Without those it is one path.
 */
public record Glob(String text) {
  private static final int LONGEST = 1_024;
  private static final int MOST_STARS = 8;

  public Glob {
    boolean leadsOut =
        text.startsWith("/")
            || text.contains("\\")
            || ("/" + text + "/").contains("/../")
            || ("/" + text + "/").contains("/./")
            || text.contains("//")
            || text.endsWith("/");
    if (text.isBlank()
        || leadsOut
        || text.length() > LONGEST
        || text.chars().filter(c -> c == '*').count() > MOST_STARS)
      throw new InvalidInput(
          "pattern",
          text,
          "a path in the project, such as train.py or lib/**, with at most %d stars and no . or .. in it"
              .formatted(MOST_STARS));
  }

  public boolean matches(String path) {
    return regex().matcher(path).matches();
  }

  /** The folder that holds all it can match, or "" for the root. */
  public String folder() {
    int wild = 0;
    while (wild < text.length() && "*?".indexOf(text.charAt(wild)) < 0) wild++;
    int slash = text.lastIndexOf('/', wild == text.length() ? wild : wild - 1);
    return slash < 0 ? "" : text.substring(0, slash);
  }

  private Pattern regex() {
    var regex = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (text.startsWith("**/", i)) {
        regex.append("(?:.*/)?");
        i += 2;
      } else if (text.startsWith("**", i)) {
        regex.append(".*");
        i++;
      } else if (c == '*') {
        regex.append("[^/]*");
      } else if (c == '?') {
        regex.append("[^/]");
      } else {
        regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return Pattern.compile(regex.toString());
  }
}
