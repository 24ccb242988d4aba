package io.millrace.experiments;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.FileTree;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.experiments.RunDifference.Change;
import io.millrace.experiments.RunDifference.FileChange;
import io.millrace.experiments.RunDifference.Pair;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Tells what differs between two runs: data, code, settings, results, environment. Thread-safe. */
public final class RunDifferences {
  private static final Set<String> ENVIRONMENT =
      Set.of("requirements.txt", "conda.yaml", "python_env.yaml");
  private static final int LARGEST = 1 << 20;

  private final Database database;
  private final Artifacts artifacts;
  private final FileTree files;
  private final Runs runs;
  private final LoggedModels models;

  public RunDifferences(
      Database database, Artifacts artifacts, FileTree files, Runs runs, LoggedModels models) {
    this.database = database;
    this.artifacts = artifacts;
    this.files = files;
    this.runs = runs;
    this.models = models;
  }

  public RunDifference of(RunId first, RunId second) {
    var a = runs.data(first);
    var b = runs.data(second);
    var texts = new TextDiff();
    var codeA = below(a.run().artifacts(), CodeSnapshots.FOLDER + "/");
    var codeB = below(b.run().artifacts(), CodeSnapshots.FOLDER + "/");
    return new RunDifference(
        List.of(first, second),
        pairs(datasets(a), datasets(b)),
        new RunDifference.Code(
            new TreeMap<>(Map.of("a", codeA.size(), "b", codeB.size())),
            changes(codeA, codeB, texts)),
        pairs(a.params(), b.params()),
        pairs(metrics(a), metrics(b)),
        pairs(a.tags(), b.tags()),
        changes(environment(a), environment(b), texts));
  }

  private static List<Pair> pairs(Map<String, String> a, Map<String, String> b) {
    var keys = new TreeSet<>(a.keySet());
    keys.addAll(b.keySet());
    var pairs = new ArrayList<Pair>();
    for (var key : keys)
      if (!Objects.equals(a.get(key), b.get(key))) pairs.add(new Pair(key, a.get(key), b.get(key)));
    return pairs;
  }

  /** The digests by name and context; a name may stand for several. */
  private static SortedMap<String, String> datasets(RunData data) {
    var digests = new TreeMap<String, TreeSet<String>>();
    for (var dataset : data.datasets()) {
      var context = dataset.tags().getOrDefault(DatasetInput.CONTEXT, "");
      digests
          .computeIfAbsent(
              dataset.name() + (context.isEmpty() ? "" : " (" + context + ")"),
              _ -> new TreeSet<>())
          .add(dataset.digest());
    }
    var joined = new TreeMap<String, String>();
    digests.forEach((name, some) -> joined.put(name, String.join(", ", some)));
    return joined;
  }

  private static SortedMap<String, String> metrics(RunData data) {
    var values = new TreeMap<String, String>();
    for (var metric : data.metrics()) values.put(metric.key(), String.valueOf(metric.value()));
    return values;
  }

  /** The files below a folder of a root, by their path in it; none where the root is elsewhere. */
  private SortedMap<String, Digest> below(String root, String folder) {
    var found = new TreeMap<String, Digest>();
    var path = ArtifactRoot.path(root);
    if (path.isEmpty()) return found;
    var prefix = path.get() + "/" + folder;
    for (var file : database.read(s -> files.below(s, prefix.substring(0, prefix.length() - 1))))
      found.put(file.path().substring(prefix.length()), file.digest());
    return found;
  }

  /**
   * What the models of a run need: those it made, and those that older clients keep among its
   * files.
   */
  private SortedMap<String, Digest> environment(RunData data) {
    var found = new TreeMap<String, Digest>();
    below(data.run().artifacts(), "")
        .forEach((path, digest) -> {
          if (isEnvironment(path) && !path.startsWith(CodeSnapshots.FOLDER + "/"))
            found.put(path, digest);
        });
    for (var output : data.outputs()) {
      var model = database.read(s -> models.find(s, output.id()));
      if (model.isEmpty()) continue;
      below(model.get().artifacts(), "")
          .forEach((path, digest) -> {
            if (isEnvironment(path)) found.put(model.get().name() + "/" + path, digest);
          });
    }
    return found;
  }

  private static boolean isEnvironment(String path) {
    return ENVIRONMENT.contains(path.substring(path.lastIndexOf('/') + 1));
  }

  private List<FileChange> changes(Map<String, Digest> a, Map<String, Digest> b, TextDiff texts) {
    var paths = new TreeSet<>(a.keySet());
    paths.addAll(b.keySet());
    var changes = new ArrayList<FileChange>();
    for (var path : paths) {
      var before = a.get(path);
      var after = b.get(path);
      if (Objects.equals(before, after)) continue;
      var change = before == null ? Change.ADDED : after == null ? Change.REMOVED : Change.CHANGED;
      changes.add(new FileChange(path, change, diff(path, before, after, texts)));
    }
    return changes;
  }

  private String diff(
      String path, @Nullable Digest before, @Nullable Digest after, TextDiff texts) {
    for (var digest : new @Nullable Digest[] {before, after})
      if (digest != null && artifacts.size(digest) > LARGEST)
        return "(not shown: more than %,d bytes)".formatted(LARGEST);
    return texts.unified(path, text(before), text(after));
  }

  private String text(@Nullable Digest digest) {
    return digest == null
        ? ""
        : new String(artifacts.bytes(digest, LARGEST), StandardCharsets.UTF_8);
  }
}
