package io.millrace.pipelines;

import io.millrace.base.Names;
import io.millrace.definitions.YamlNode;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Reads {@code retry: { attempts: 3, backoff: 10s, factor: 2, on: [timeout, exit:75] }}. */
final class RetryParser {
  static final int MOST_ATTEMPTS = 20;
  private static final int ATTEMPTS = 3;
  private static final Duration BACKOFF = Duration.ofSeconds(10);
  private static final double FACTOR = 2;
  private static final double MOST_FACTOR = 10;
  private static final Pattern LENGTH = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");
  private static final String EXIT = "exit:";
  private static final Pattern CODE = Pattern.compile("exit:([1-9][0-9]{0,2})");
  private static final int MOST_CODE = 255;
  static final Set<String> KEYS = Set.of("attempts", "backoff", "factor", "on");

  private RetryParser() {}

  static Retry parse(YamlNode node) {
    node.only(KEYS);
    var on = node.optional("on").map(RetryParser::items).orElse(List.of());
    return new Retry(
        node.optional("attempts").map(RetryParser::attempts).orElse(ATTEMPTS),
        node.optional("backoff").map(RetryParser::backoff).orElse(BACKOFF),
        node.optional("factor").map(RetryParser::factor).orElse(FACTOR),
        node.optional("on").isPresent() ? classes(on) : ErrorClass.DEFAULT,
        exits(on));
  }

  private static int attempts(YamlNode node) {
    long attempts = node.integer();
    if (attempts < 1 || attempts > MOST_ATTEMPTS)
      throw node.invalid(
          "attempts: got %d, expected 1 to %d, the first one included"
              .formatted(attempts, MOST_ATTEMPTS));
    return (int) attempts;
  }

  private static Duration backoff(YamlNode node) {
    var length = LENGTH.matcher(node.text());
    if (length.matches()) {
      long number = Long.parseLong(length.group(1));
      var backoff =
          switch (length.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            default -> Duration.ofHours(number);
          };
      if (backoff.compareTo(Retry.LONGEST) <= 0) return backoff;
    }
    throw node.invalid(
        "backoff: got \"%s\", expected a number with ms, s, m or h, such as 10s, at most 1h"
            .formatted(node.text()));
  }

  private static double factor(YamlNode node) {
    double factor = node.number();
    if (factor < 1 || factor > MOST_FACTOR)
      throw node.invalid("factor: got %s, expected 1 to %.0f".formatted(node.json(), MOST_FACTOR));
    return factor;
  }

  private static List<YamlNode> items(YamlNode node) {
    return node.isText() ? List.of(node) : node.list();
  }

  private static Set<ErrorClass> classes(List<YamlNode> on) {
    var classes = EnumSet.noneOf(ErrorClass.class);
    for (var item : on)
      if (!item.text().startsWith(EXIT))
        classes.add(
            ErrorClass.named(item.text())
                .orElseThrow(() ->
                    item.invalid(
                        "on: there is no class of failures \"%s\"%s; there are %s, and exit:CODE"
                            .formatted(
                                item.text(),
                                Names.suggestion(item.text(), ErrorClass.names()),
                                String.join(", ", ErrorClass.names())))));
    return classes;
  }

  private static Set<Integer> exits(List<YamlNode> on) {
    var exits = new TreeSet<Integer>();
    for (var item : on) {
      if (!item.text().startsWith(EXIT)) continue;
      var code = CODE.matcher(item.text());
      if (!code.matches() || Integer.parseInt(code.group(1)) > MOST_CODE)
        throw item.invalid(
            "on: got \"%s\", expected exit: and a command's exit code from 1 to %d, such as exit:75"
                .formatted(item.text(), MOST_CODE));
      exits.add(Integer.valueOf(code.group(1)));
    }
    return exits;
  }
}
