package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Days in a row.
 *
 * @param after the day after the last
 */
record Days(LocalDate first, LocalDate after) {
  private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("d", Locale.ENGLISH);
  private static final DateTimeFormatter MONTH =
      DateTimeFormatter.ofPattern("d MMMM", Locale.ENGLISH);
  private static final DateTimeFormatter YEAR =
      DateTimeFormatter.ofPattern("d MMMM uuuu", Locale.ENGLISH);

  /** From one parameter of a run to another. */
  static Days of(JsonNode run, String first, String after) {
    return new Days(day(run, first), day(run, after));
  }

  static LocalDate day(JsonNode run, String param) {
    return LocalDate.parse(run.path("params").path(param).asText());
  }

  private LocalDate last() {
    return after.minusDays(1);
  }

  /** As "25 to 31 January". */
  String text() {
    return text(MONTH);
  }

  /** As "25 to 31 January 2001". */
  String textWithYear() {
    return text(YEAR);
  }

  private String text(DateTimeFormatter end) {
    var last = last();
    if (first.equals(last)) return end.format(last);
    var begin =
        first.getYear() != last.getYear()
            ? YEAR
            : first.getMonth() != last.getMonth() ? MONTH : DAY;
    return begin.format(first) + " to " + (begin == YEAR ? YEAR : end).format(last);
  }
}
