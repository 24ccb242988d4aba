package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.LocalDate;

/** Which values a type takes. */
final class ValueChecks {
  private ValueChecks() {}

  static boolean fits(ValueType type, JsonNode value) {
    return switch (type) {
      case TEXT, FILE -> value.isTextual();
      case INTEGER -> value.isIntegralNumber() && value.canConvertToLong();
      case NUMBER -> value.isNumber() && Double.isFinite(value.doubleValue());
      case BOOLEAN -> value.isBoolean();
      case DATE -> value.isTextual() && isDate(value.textValue());
      case LIST -> value.isArray();
      case MAP -> value.isObject();
      case ANY -> true;
      case DATASET, MODEL, MODELS, REPORT, METRICS, BLOB, FOLDER -> false;
    };
  }

  /**
   * Whether values of one type may flow where the other is wanted; what only running can tell is
   * let pass.
   */
  static boolean flows(ValueType from, ValueType to) {
    if (from == to || from == ValueType.ANY || to == ValueType.ANY)
      return !from.isArtifact() && !to.isArtifact() || from == to;
    return switch (to) {
      case NUMBER -> from == ValueType.INTEGER;
      case TEXT -> from == ValueType.DATE || from == ValueType.FILE;
      case FILE, DATE -> from == ValueType.TEXT;
      case INTEGER,
          BOOLEAN,
          LIST,
          MAP,
          ANY,
          DATASET,
          MODEL,
          MODELS,
          REPORT,
          METRICS,
          BLOB,
          FOLDER ->
          false;
    };
  }

  /** What to write, for messages. */
  static String expected(ValueType type) {
    return switch (type) {
      case TEXT -> "text";
      case INTEGER -> "a whole number";
      case NUMBER -> "a number";
      case BOOLEAN -> "true or false";
      case DATE -> "a date such as 2001-01-31";
      case LIST -> "a list ([A, B])";
      case MAP -> "a map ({KEY: VALUE})";
      case FILE -> "the path of a file of the project";
      case ANY -> "a value";
      case DATASET -> "data of another step, as ${{ steps.STEP.outputs.OUTPUT }}";
      case MODEL -> "a model of another step, as ${{ steps.STEP.outputs.OUTPUT }}";
      case MODELS -> "models of another step, as ${{ steps.STEP.outputs.OUTPUT }}";
      case REPORT -> "a report of another step, as ${{ steps.STEP.outputs.OUTPUT }}";
      case METRICS -> "metrics of another step, as ${{ steps.STEP.outputs.OUTPUT }}";
      case BLOB -> "a file of another step, as ${{ steps.STEP.outputs.OUTPUT }}";
      case FOLDER -> "a folder of another step, as ${{ steps.STEP.outputs.OUTPUT }}";
    };
  }

  private static boolean isDate(String text) {
    try {
      return LocalDate.parse(text).getYear() >= 0;
    } catch (DateTimeException e) {
      return false;
    }
  }
}
