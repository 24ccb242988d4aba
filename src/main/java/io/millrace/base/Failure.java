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
}
