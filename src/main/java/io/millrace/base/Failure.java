package io.millrace.base;

/**
 * Something the platform refuses or cannot do, told to the person who asked: what was got, where,
 * what was expected, what to do next. Anything else that is thrown is a fault of the program.
 */
public abstract sealed class Failure extends RuntimeException
    permits InvalidInput,
        NotFound,
        Conflict,
        Refused,
        TooLarge,
        Unsupported,
        Unavailable,
        Overloaded,
        Expired,
        Damaged {

  protected Failure(String message) {
    super(message);
  }

  /**
   * @param traced false for what is told so often, when there is much to do, that tracing where it
   *     came from would cost more than the rest
   */
  Failure(String message, boolean traced) {
    super(message, null, false, traced);
  }
}
