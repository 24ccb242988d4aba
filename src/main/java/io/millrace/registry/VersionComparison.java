package io.millrace.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.Snapshot;
import io.millrace.metadata.Metadata;
import io.millrace.pipelines.Explanations;
import io.millrace.pipelines.RunDifference;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sets two model versions beside each other, and the pipeline runs that made them. Thread-safe. */
public final class VersionComparison {
  private final Database database;
  private final Metadata metadata;
  private final ModelRegistry registry;
  private final Explanations explanations;

  public VersionComparison(
      Database database, Metadata metadata, ModelRegistry registry, Explanations explanations) {
    this.database = database;
    this.metadata = metadata;
    this.registry = registry;
    this.explanations = explanations;
  }

  /**
   * @param runOfA the pipeline run that made it, null for a version that came otherwise: then the
   *     differences tell of the packages alone
   */
  public record Difference(
      VersionId a,
      VersionId b,
      @Nullable String runOfA,
      @Nullable String runOfB,
      List<RunDifference.Entry> differences) {
    public Difference {
      differences = List.copyOf(differences);
    }
  }

  public Difference diff(VersionId a, VersionId b) {
    return database.read(s -> {
      var first = registry.version(s, a);
      var second = registry.version(s, b);
      var runOfA = run(s, first);
      var runOfB = run(s, second);
      var all = new ArrayList<RunDifference.Entry>();
      add(all, "package", text(first.sealed()), text(second.sealed()));
      add(all, "source", TextNode.valueOf(first.source()), TextNode.valueOf(second.source()));
      if (runOfA != null && runOfB != null)
        all.addAll(explanations.diff(s, runOfA, runOfB).differences());
      return new Difference(a, b, runOfA, runOfB, all);
    });
  }

  private @Nullable String run(Snapshot s, ModelVersion version) {
    var run = metadata.execution(s, version.execution()).properties().path("run");
    return version.source().equals("pipeline") && run.isTextual() ? run.textValue() : null;
  }

  private static JsonNode text(@Nullable Digest digest) {
    return digest == null ? NullNode.getInstance() : TextNode.valueOf(digest.hex());
  }

  private static void add(
      List<RunDifference.Entry> all, String name, JsonNode before, JsonNode after) {
    if (!before.equals(after))
      all.add(new RunDifference.Entry(RunDifference.Area.OUTPUT, "", name, before, after));
  }
}
