package io.millrace.migration;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.FileTree;
import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.experiments.Experiments;
import io.millrace.experiments.LoggedModels;
import io.millrace.experiments.Runs;
import io.millrace.models.Models;
import io.millrace.registry.ModelRegistry;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Takes over the database of an MLflow server and its files. Runs, logged models and versions keep
 * their ids, experiments and models their names; what is there already is left as it is, so that an
 * import that was cut off, or is repeated, goes on where it ended. Thread-safe; one at a time.
 */
public final class MlflowImports {
  private final ReentrantLock going = new ReentrantLock();
  private final Artifacts artifacts;
  private final Parts parts;

  /** Where what is taken over goes. */
  record Parts(
      Database database,
      FileTree files,
      Experiments experiments,
      Runs runs,
      LoggedModels loggedModels,
      Models models,
      ModelRegistry registry) {}

  public MlflowImports(
      Database database,
      Artifacts artifacts,
      FileTree files,
      Experiments experiments,
      Runs runs,
      LoggedModels loggedModels,
      Models models,
      ModelRegistry registry) {
    this.artifacts = artifacts;
    this.parts = new Parts(database, files, experiments, runs, loggedModels, models, registry);
  }

  /**
   * What was new here, and what was not taken with the reason, the first 100 of them.
   *
   * @param points values of metrics
   */
  public record Result(
      long experiments,
      long runs,
      long points,
      long loggedModels,
      long models,
      long versions,
      long files,
      List<String> skipped) {}

  /**
   * Takes over what the database holds.
   *
   * @param database the blob of a SQLite file that an MLflow server wrote
   * @param directory the directory of its artifacts, whatever is above the folders of runs and
   *     models; null for none
   */
  public Result take(Digest database, @Nullable Digest directory) {
    if (!going.tryLock())
      throw new Conflict("another import is going on; start this one when it has ended");
    try (var source = MlflowDatabase.open(artifacts.file(database))) {
      var found =
          directory == null
              ? FoundFiles.none(artifacts)
              : FoundFiles.in(artifacts, artifacts.manifest(directory));
      return new MlflowTakeover(source, found, artifacts, parts).run();
    } finally {
      going.unlock();
    }
  }
}
