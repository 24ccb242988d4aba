package io.millrace.data;

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
}
