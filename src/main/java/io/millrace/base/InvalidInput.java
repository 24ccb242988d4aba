package io.millrace.base;

/** What was given does not have the form or the value that is needed. */
public final class InvalidInput extends Failure {

  public InvalidInput(String message) {
    super(message);
  }

  /** As "WHAT: got GOT, expected EXPECTED". */
  public InvalidInput(String what, Object got, String expected) {
    super("%s: got %s, expected %s".formatted(what, quoted(got), expected));
  }

  private static String quoted(Object got) {
    if (!(got instanceof CharSequence text)) return String.valueOf(got);
    var shown = text.length() <= 200 ? text.toString() : text.subSequence(0, 200) + "...";
    return "\"" + shown + "\"";
  }
}
