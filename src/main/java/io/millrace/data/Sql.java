package io.millrace.data;

import java.util.List;

/** Writes names and text so that SQL reads them as what they are. */
public final class Sql {
  private Sql() {}

  /** A name, quoted. */
  public static String name(String name) {
    return "\"" + name.replace("\"", "\"\"") + "\"";
  }

  /** A text literal. */
  public static String text(String value) {
    return "'" + value.replace("'", "''") + "'";
  }

  /**
   * Operands with an operator between them, in pairs of pairs: SQL that nests too deep is refused.
   */
  static String joined(List<String> operands, String operator) {
    if (operands.size() <= 2) return String.join(operator, operands);
    int half = operands.size() / 2;
    return "(%s)%s(%s)"
        .formatted(
            joined(operands.subList(0, half), operator),
            operator,
            joined(operands.subList(half, operands.size()), operator));
  }
}
