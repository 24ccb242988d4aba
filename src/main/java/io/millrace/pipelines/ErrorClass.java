package io.millrace.pipelines;

import io.millrace.base.Conflict;
import io.millrace.base.Damaged;
import io.millrace.base.Expired;
import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.base.Overloaded;
import io.millrace.base.Refused;
import io.millrace.base.TooLarge;
import io.millrace.base.Unavailable;
import io.millrace.base.Unsupported;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What kind of failure ended an attempt: the words of {@code retry.on}. */
enum ErrorClass {
  /** It took longer than timeout-minutes, or its command ended with exit code 124. */
  TIMEOUT,
  /** Something it needs is not there now, or its command ended with exit code 75. */
  UNAVAILABLE,
  /** The work went wrong: a fault of the program, or any other exit code. */
  FAILED,
  /** There was not enough memory; its command was killed and ended with exit code 137. */
  OUT_OF_MEMORY,
  /** What it wants contradicts what stands now. */
  CONFLICT,
  /** What it wants is not allowed. */
  REFUSED,
  /** A blob or file is not what its digest says. */
  DAMAGED,
  /** What it was given is wrong. */
  INVALID;

  /** What is tried again where {@code retry} does not say. */
  static final Set<ErrorClass> DEFAULT = Set.of(TIMEOUT, UNAVAILABLE, FAILED, OUT_OF_MEMORY);

  /** EX_TEMPFAIL of sysexits.h. */
  private static final int TEMPORARY = 75;

  /** What timeout(1) ends with. */
  private static final int TIMED_OUT = 124;

  /** That of a process that was killed, which is what systems do when memory runs out. */
  private static final int KILLED = 137;

  String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Optional<ErrorClass> named(String text) {
    return Arrays.stream(values()).filter(c -> c.text().equals(text)).findFirst();
  }

  static List<String> names() {
    return Arrays.stream(values()).map(ErrorClass::text).toList();
  }

  static ErrorClass of(Throwable thrown) {
    return switch (thrown) {
      case TimedOut _ -> TIMEOUT;
      case CommandLost _ -> UNAVAILABLE;
      case OutOfMemoryError _ -> OUT_OF_MEMORY;
      case CommandFailed failed -> ofExitCode(failed.exitCode());
      case Failure failure -> of(failure);
      default -> FAILED;
    };
  }

  private static ErrorClass ofExitCode(int code) {
    return switch (code) {
      case TEMPORARY -> UNAVAILABLE;
      case TIMED_OUT -> TIMEOUT;
      case KILLED -> OUT_OF_MEMORY;
      default -> FAILED;
    };
  }

  private static ErrorClass of(Failure failure) {
    return switch (failure) {
      case Unavailable _, Overloaded _ -> UNAVAILABLE;
      case Expired _ -> TIMEOUT;
      case Conflict _ -> CONFLICT;
      case Refused _ -> REFUSED;
      case Damaged _ -> DAMAGED;
      case InvalidInput _, NotFound _, TooLarge _, Unsupported _ -> INVALID;
    };
  }
}
