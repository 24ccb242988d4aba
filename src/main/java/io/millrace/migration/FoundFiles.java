package io.millrace.migration;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Entry;
import io.millrace.artifacts.FileTree;
import io.millrace.artifacts.Manifest;
import io.millrace.base.Transaction;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The files of runs and logged models in a folder of MLflow's, found by ID/artifacts in their
 * paths, since what is above that differs from server to server.
 */
final class FoundFiles {
  private static final Pattern PLACE =
      Pattern.compile("(?:.*/)?([0-9a-f]{32}|m-[0-9a-f]{32})/artifacts/(.+)");

  private final Artifacts artifacts;
  private final Map<String, Map<String, Entry>> byOwner = new HashMap<>();

  private FoundFiles(Artifacts artifacts) {
    this.artifacts = artifacts;
  }

  static FoundFiles none(Artifacts artifacts) {
    return new FoundFiles(artifacts);
  }

  static FoundFiles in(Artifacts artifacts, Manifest manifest) {
    var found = new FoundFiles(artifacts);
    manifest
        .entries()
        .forEach((path, entry) -> {
          var place = PLACE.matcher(path);
          if (place.matches())
            found
                .byOwner
                .computeIfAbsent(place.group(1), _ -> new TreeMap<>())
                .put(place.group(2), entry);
        });
    return found;
  }

  /** Puts what was found of a run or a model below its root, where no file is; says how many. */
  long put(Transaction tx, FileTree files, String owner, String root) {
    long put = 0;
    for (var file : byOwner.getOrDefault(owner, Map.of()).entrySet()) {
      var path = root + "/" + file.getKey();
      var entry = file.getValue();
      if (files.find(tx, path).isPresent()
          || !artifacts.contains(entry.digest())
          || artifacts.size(entry.digest()) != entry.size()) continue;
      files.put(tx, path, entry.digest(), entry.size());
      put++;
    }
    return put;
  }
}
