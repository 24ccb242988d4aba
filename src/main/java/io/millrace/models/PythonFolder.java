package io.millrace.models;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Manifest;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.TooLarge;
import java.util.List;
import java.util.Map;

/**
 * What a folder of MLflow's python_function flavor must be before it becomes a version. It is not
 * loaded for that, which would run its code: deploying, scoring and evaluating do.
 */
final class PythonFolder {
  private static final int MOST_FILES = 10_000;
  private static final long MOST_BYTES = 16L << 30;

  /** Keys of the flavor that name a file or a folder beside the MLmodel. */
  private static final List<String> PLACES = List.of("data", "model_path", "python_model", "code");

  private PythonFolder() {}

  static void check(String name, Artifacts artifacts, Digest digest) {
    var folder = artifacts.manifest(digest);
    if (folder.entries().size() > MOST_FILES || folder.size() > MOST_BYTES)
      throw new TooLarge(
          "%s has %,d files of %,d bytes, the limit is %,d files and %,d bytes in all"
              .formatted(name, folder.entries().size(), folder.size(), MOST_FILES, MOST_BYTES));
    artifacts.checkFiles(folder);
    var mlmodel = MlflowFiles.python(name, artifacts, folder);
    var _ = MlflowSignature.of(name, mlmodel);
    if (mlmodel.get("flavors") instanceof Map<?, ?> flavors
        && flavors.get("python_function") instanceof Map<?, ?> flavor)
      for (var key : PLACES) if (flavor.get(key) instanceof String place) is(name, folder, place);
  }

  private static void is(String name, Manifest folder, String place) {
    Manifest.check(place);
    boolean there =
        folder.entries().containsKey(place)
            || folder.entries().keySet().stream().anyMatch(path -> path.startsWith(place + "/"));
    if (!there)
      throw new InvalidInput(
          "%s: MLmodel names \"%s\", which the folder does not have".formatted(name, place));
  }
}
