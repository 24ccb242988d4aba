package io.millrace.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Writes JSON values as SQL literals. Text in the form of an ISO 8601 date or time becomes one. */
final class Values {
  private static final Pattern DATE = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");
  private static final Pattern TIME =
      Pattern.compile(
          "\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?(Z|[+-]\\d{2}:\\d{2})?");

  private Values() {}

  static String literal(String name, @Nullable JsonNode value) {
    if (value == null || value.isNull()) return "null";
    if (value.isBoolean()) return value.asBoolean() ? "true" : "false";
    if (value.isIntegralNumber()) return value.bigIntegerValue().toString();
    if (value.isNumber())
      return "cast(" + Sql.text(Double.toString(value.doubleValue())) + " as double)";
    if (value.isTextual()) return text(value.textValue());
    throw new InvalidInput(
        "value \"%s\"".formatted(name), value.toString(), "text, a number, true, false or null");
  }

  private static String text(String value) {
    try {
      if (DATE.matcher(value).matches())
        return "date " + Sql.text(LocalDate.parse(value).toString());
      if (TIME.matcher(value).matches()) {
        boolean zoned = value.endsWith("Z") || value.matches(".*[+-]\\d{2}:\\d{2}");
        return zoned
            ? "timestamptz "
                + Sql.text(
                    OffsetDateTime.parse(value).withOffsetSameInstant(ZoneOffset.UTC).toString())
            : "timestamp " + Sql.text(LocalDateTime.parse(value).toString());
      }
    } catch (DateTimeException e) {
      throw new InvalidInput("value", value, "a date or time that exists");
    }
    return Sql.text(value);
  }
}
