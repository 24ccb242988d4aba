package io.millrace.pipelines;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where commands of steps run: outside this program, each under a name, so that they outlive it and
 * another Runner on the same folder finds them again by that name. Thread-safe.
 */
public interface Runner {
  /**
   * A command.
   *
   * @param folder where it works; it is there already
   * @param command lines for a POSIX shell, which stops at the first that fails
   * @param environment all variables that it sees
   * @param memory the most bytes of address space of each of its processes, or null for no limit
   */
  record Command(
      Path folder, String command, Map<String, String> environment, @Nullable Long memory) {
    public Command {
      environment = Map.copyOf(environment);
    }
  }

  /** How far a command is. */
  sealed interface Status {
    record Running() implements Status {}

    /** It ended by itself or was ended; by a signal, the code is 128 and the signal's number. */
    record Exited(int code) implements Status {}

    /** It is gone and left no exit code: its supervisor was killed, or the machine went down. */
    record Lost() implements Status {}

    default boolean isRunning() {
      return switch (this) {
        case Running _ -> true;
        case Exited _, Lost _ -> false;
      };
    }
  }

  /**
   * Starts it, unless a command of that name was started before; returns when it can be found.
   *
   * @param name RUN/STEP-ATTEMPT: two parts of A-Z a-z 0-9 _ - with one slash between them
   */
  void start(String name, Command command);

  /** How far it is; empty if none of that name was started. */
  Optional<Status> find(String name);

  /** Waits until it has ended, at most that long; NotFound if none of that name was started. */
  Status await(String name, Duration longest) throws InterruptedException;

  /** What it has written so far to standard output and error, from that byte on, in part. */
  byte[] logs(String name, long from);

  /**
   * Ends it with every process that it started: asks first, and kills what has not ended when the
   * grace is over. Returns when it has ended; does nothing if it had.
   */
  void cancel(String name, Duration grace);

  /** All that were started and whose files are still there. */
  List<String> names();
}
