package io.millrace.definitions;

import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/** One kind of definition: the room that owns it reads the files of its folder. */
public interface Kind {
  /** The folder of its files in a project, such as {@code pipelines}. */
  String folder();

  /**
   * Checks the files; the answer says what apply would change. It is asked inside apply's
   * transaction too, where all other writers wait for it, so what is slow comes before it.
   */
  Function<Snapshot, List<Change>> plan(ProjectFiles files);

  /**
   * Checks everything and does what is slow; the answer makes it so, in the transaction of the
   * whole apply. If it is AutoCloseable, it is closed where nothing is written.
   */
  Consumer<Transaction> prepare(ProjectFiles files);

  /**
   * Of each definition that needs data files: the file or folder in the project that the command
   * line uploads.
   */
  default Map<String, String> sources(ProjectFiles files) {
    return Map.of();
  }

  /**
   * Patterns for texts of the project, beside its definitions, that these name: the command line
   * sends those files too.
   */
  default Set<String> patterns(ProjectFiles files) {
    return Set.of();
  }
}
