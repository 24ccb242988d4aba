package io.millrace.experiments;

import io.millrace.base.InvalidInput;
import java.util.regex.Pattern;

/** What names and values of runs may be, as MLflow's clients expect it. */
public final class Limit {
  public static final int PARAM_VALUE = 6_000;
  public static final int TAG_VALUE = 8_000;
  public static final int EXPERIMENT_TAG_VALUE = 20_000;
  public static final int BATCH = 1_000;
  public static final int BATCH_PARAMS = 100;
  private static final int KEY = 250;
  private static final int EXPERIMENT_NAME = 500;
  private static final Pattern NAME =
      Pattern.compile("[\\w/.\\-: ]+", Pattern.UNICODE_CHARACTER_CLASS);

  private Limit() {}

  /**
   * The key of a metric, parameter or tag: word characters and / . - : space, a normalised relative
   * path.
   *
   * @param where the parameter's place in the request, such as metrics[0].name
   */
  public static String key(String key, String where) {
    if (!NAME.matcher(key).matches())
      throw new InvalidInput(
          "Invalid value \"%s\" for parameter '%s' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."
              .formatted(shown(key), where));
    if (key.startsWith("/") || key.endsWith("/") || key.contains("//") || hasDots(key))
      throw new InvalidInput(
          "Invalid value \"%s\" for parameter '%s' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such: no leading or doubled slash, no \".\" or \"..\" between slashes."
              .formatted(shown(key), where));
    if (key.length() > KEY)
      throw new InvalidInput(
          "'%s' exceeds the maximum length of %d characters".formatted(where, KEY));
    return key;
  }

  private static boolean hasDots(String key) {
    for (var part : key.split("/", -1)) if (part.equals(".") || part.equals("..")) return true;
    return false;
  }

  static String experimentName(String name) {
    if (name.isBlank())
      throw new InvalidInput(
          "Invalid value \"\" for parameter 'name' supplied: Experiment name must not be empty.");
    if (name.length() > EXPERIMENT_NAME)
      throw new InvalidInput(
          "'name' exceeds the maximum length of %d characters".formatted(EXPERIMENT_NAME));
    return name;
  }

  static void experimentTag(String key, String value) {
    if (key.length() > KEY)
      throw new InvalidInput("'key' exceeds the maximum length of %d characters".formatted(KEY));
    if (value.length() > EXPERIMENT_TAG_VALUE)
      throw new InvalidInput(
          "'value' exceeds the maximum length of %d characters".formatted(EXPERIMENT_TAG_VALUE));
  }

  private static String shown(String text) {
    return text.length() <= 200 ? text : text.substring(0, 200) + "...";
  }
}
