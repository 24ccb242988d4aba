package io.millrace.data;

import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What text in a file can be read as. A kind knows the text it takes when the type is owned, the
 * narrower text it takes when the type is found out (a postal code 01234 and a number of 20 digits
 * stay text), and the cast.
 */
enum ValueKind {
  INTEGER(
      "a whole number",
      "[+-]?[0-9]{1,18}([.]0+)?",
      "[+-]?(0|[1-9][0-9]{0,17})",
      "cast(regexp_replace(%s, '[.]0+$', '') as bigint)"),
  NUMBER(
      "a number",
      "[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?",
      "[+-]?((0|[1-9][0-9]{0,17})([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?",
      "cast(%s as double)"),
  /** Numbers with a decimal comma; only where the comma does not separate fields. */
  COMMA_NUMBER(
      "a number",
      "[+-]?[0-9]+(,[0-9]+)?",
      "[+-]?(0|[1-9][0-9]{0,17})(,[0-9]+)?",
      "cast(replace(%s, ',', '.') as double)"),
  BOOLEAN(
      "true or false",
      "(?i)true|false|t|f|yes|no|y|n|1|0",
      "(?i)true|false",
      "(lower(%s) in ('true', 't', 'yes', 'y', '1'))"),
  DATE("a date such as 2001-01-31", "[0-9]{4}-[0-9]{2}-[0-9]{2}", null, "cast(%s as date)"),
  /** A time without zone. */
  LOCAL_TIME(
      "a time such as 2001-01-31T12:00:00",
          "[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?)?",
      "[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?",
          "cast(%s as timestamp)"),
  /** An instant; where no zone is said, UTC. */
  TIMESTAMP(
      "a time such as 2001-01-31T12:00:00Z",
      "[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?([ ]?(Z|[+-][0-9]{2}(:?[0-9]{2})?))?)?",
      "[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?([ ]?(Z|[+-][0-9]{2}(:?[0-9]{2})?))?",
      "cast(regexp_replace(%s, '([+-][0-9]{2})([0-9]{2})$', '\\1:\\2') as timestamptz)"),
  TEXT("text", "(?s).*", null, "%s");

  /** What a number looks like, leading zeros and any length included. */
  static final String NUMBERS = NUMBER.owned;

  /** Text that means "missing" wherever something else than text is due. */
  private static final List<String> MISSING = List.of("", "na", "n/a", "nan", "null", "none");

  private static final List<ValueKind> OWNED =
      List.of(TEXT, INTEGER, NUMBER, BOOLEAN, DATE, TIMESTAMP);

  private final String expected;
  private final String owned;
  private final String found;
  private final String cast;

  ValueKind(
      String expected, String owned, @org.jspecify.annotations.Nullable String found, String cast) {
    this.expected = expected;
    this.owned = owned;
    this.found = found == null ? owned : found;
    this.cast = cast;
  }

  /** By the word that a contract uses. */
  static ValueKind named(String column, String word) {
    for (var kind : OWNED) if (kind.word().equals(word)) return kind;
    var words = OWNED.stream().map(ValueKind::word).toList();
    throw new InvalidInput(
        "type of column \"%s\"".formatted(column),
        word,
        "one of " + String.join(", ", words) + Names.suggestion(word, words));
  }

  static List<ValueKind> all() {
    return Arrays.asList(values());
  }

  String word() {
    return switch (this) {
      case COMMA_NUMBER -> NUMBER.word();
      case LOCAL_TIME -> TIMESTAMP.word();
      case INTEGER, NUMBER, BOOLEAN, DATE, TIMESTAMP, TEXT -> name().toLowerCase(Locale.ROOT);
    };
  }

  String expected() {
    return expected;
  }

  /** SQL: the value is there. */
  String present(String column) {
    if (this == TEXT) return column + " is not null";
    return "(%s is not null and lower(trim(%s)) not in (%s))"
        .formatted(column, column, String.join(", ", MISSING.stream().map(Sql::text).toList()));
  }

  /** SQL: the value is there and cannot be read as this. */
  String wrong(String column, boolean isOwned) {
    if (this == TEXT) return "false";
    var matches =
        "regexp_full_match(trim(%s), %s)".formatted(column, Sql.text(isOwned ? owned : found));
    var exists =
        switch (this) {
          case DATE, LOCAL_TIME, TIMESTAMP ->
              " or try(" + cast.formatted("trim(" + column + ")") + ") is null";
          case INTEGER, NUMBER, COMMA_NUMBER, BOOLEAN, TEXT -> "";
        };
    return "(%s and (not %s%s))".formatted(present(column), matches, exists);
  }

  /** SQL: the value as its type, missing as null. */
  String value(String column) {
    if (this == TEXT) return column;
    return "case when %s then %s end"
        .formatted(present(column), cast.formatted("trim(" + column + ")"));
  }
}
