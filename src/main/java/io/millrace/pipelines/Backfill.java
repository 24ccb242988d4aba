package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import java.time.LocalDate;
import java.time.Period;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A run of a pipeline for each of many dates.
 *
 * @param param that gets the dates
 * @param from the first date
 * @param to the last that there may be
 * @param atOnce how many of its runs may go on at once
 * @param params the other parameters, the same for all
 */
public record Backfill(
    String param,
    LocalDate from,
    LocalDate to,
    Period every,
    int atOnce,
    Map<String, JsonNode> params) {
  public static final int MOST = 1_000;
  public static final int MOST_AT_ONCE = 50;
  private static final Pattern EVERY = Pattern.compile("([1-9][0-9]{0,3})(d|w|mo|y)");

  public Backfill {
    params = Map.copyOf(params);
    if (to.isBefore(from))
      throw new InvalidInput("to", to, "a date that is not before from, %s".formatted(from));
    if (atOnce < 1 || atOnce > MOST_AT_ONCE)
      throw new InvalidInput("at_once", atOnce, "1 to %d".formatted(MOST_AT_ONCE));
    if (params.containsKey(param))
      throw new InvalidInput(
          "parameter \"%s\" gets the dates; it cannot have one value as well".formatted(param));
  }

  /** Reads such as 1d, 2w, 1mo, 1y. */
  public static Period every(String text) {
    var match = EVERY.matcher(text);
    if (!match.matches()) throw new InvalidInput("every", text, "such as 1d, 2w, 1mo or 1y");
    int count = Integer.parseInt(match.group(1));
    return switch (match.group(2)) {
      case "d" -> Period.ofDays(count);
      case "w" -> Period.ofWeeks(count);
      case "mo" -> Period.ofMonths(count);
      default -> Period.ofYears(count);
    };
  }

  /** From the first on, counted from there: a month after January 31 is the last of February. */
  List<LocalDate> dates() {
    var dates = new ArrayList<LocalDate>();
    for (int i = 0; ; i++) {
      var date = from.plus(every.multipliedBy(i));
      if (date.isAfter(to)) return dates;
      if (i == MOST)
        throw new InvalidInput(
            "more than %d dates from %s to %s; take a longer step or a part of the time at once"
                .formatted(MOST, from, to));
      dates.add(date);
    }
  }
}
