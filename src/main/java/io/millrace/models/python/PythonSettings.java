package io.millrace.models.python;

import io.millrace.base.InvalidInput;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How Python processes are started.
 *
 * @param interpreter a program on the PATH, or a path; it has MLflow and what the models need
 * @param memory the most bytes that one process may have resident, beyond which it is ended; seen
 *     to where the system tells (Linux)
 * @param start how long it may take until the model is loaded
 */
public record PythonSettings(String interpreter, long memory, Duration start) {
  /** The environment variable with the interpreter. */
  public static final String INTERPRETER = "MILLRACE_PYTHON";

  /** The environment variable with the most memory of a process, as 4Gi. */
  public static final String MEMORY = "MILLRACE_PYTHON_MEMORY";

  private static final Pattern SIZE = Pattern.compile("([1-9][0-9]{0,5})(Mi|Gi)");
  private static final Duration START = Duration.ofMinutes(2);

  /** Empty texts and nulls stand for what is usual: python3, and 4Gi. */
  public static PythonSettings of(@Nullable String interpreter, @Nullable String memory) {
    var named = interpreter == null || interpreter.isBlank() ? "python3" : interpreter;
    // The processes work in other folders.
    if (named.indexOf('/') >= 0) named = Path.of(named).toAbsolutePath().toString();
    return new PythonSettings(named, bytes(memory == null ? "" : memory), START);
  }

  private static long bytes(String memory) {
    if (memory.isBlank()) return 4L << 30;
    var size = SIZE.matcher(memory);
    if (!size.matches())
      throw new InvalidInput(MEMORY, memory, "a number of bytes, such as 512Mi or 4Gi");
    return Long.parseLong(size.group(1)) << (size.group(2).equals("Gi") ? 30 : 20);
  }
}
