package io.millrace.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.metadata.Metadata;
import io.millrace.pipelines.Reproduction;
import io.millrace.pipelines.Reproduction.Likeness;
import io.millrace.pipelines.Reproductions;
import io.millrace.pipelines.ValueType;
import org.jspecify.annotations.Nullable;

/** Makes model versions again, to see whether they come out equal. Thread-safe. */
public final class VersionReproduction {
  private static final String REPORT = ValueType.REPORT.name();

  private final Database database;
  private final Metadata metadata;
  private final ModelRegistry registry;
  private final Reproductions reproductions;

  public VersionReproduction(
      Database database, Metadata metadata, ModelRegistry registry, Reproductions reproductions) {
    this.database = database;
    this.metadata = metadata;
    this.registry = registry;
    this.reproductions = reproductions;
  }

  /**
   * @param likeness bit-equal where the package has the same digest; metric-equal where it has
   *     another and all metrics of its reports lie within the tolerance
   */
  public record Outcome(VersionId version, Likeness likeness, Reproduction work) {}

  private record Origin(String run, String step) {}

  /** Does again what the pipeline run did that registered the version; may take as long. */
  public Outcome reproduce(VersionId id) {
    var version = database.read(s -> registry.version(s, id));
    var digest = version.served();
    var properties = database.read(s -> metadata.execution(s, version.execution())).properties();
    if (!properties.path("run").isTextual() || !properties.path("step").isTextual())
      throw new Conflict(
          "model version %s was made by no pipeline run (source: %s): only those can be made again"
              .formatted(id, version.source()));
    var origin = new Origin(properties.path("run").asText(), properties.path("step").asText());
    var work = reproductions.reproduce(origin.run(), origin.step());
    return new Outcome(id, likeness(work, digest.hex()), work);
  }

  /** The package decides; where it is another, what was measured on it does. */
  private static Likeness likeness(Reproduction work, String digest) {
    var differing = work.steps().stream().flatMap(step -> step.outputs().stream()).toList();
    if (differing.stream().noneMatch(output -> is(output.then(), "digest", digest)))
      return Likeness.BIT_EQUAL;
    var reports = differing.stream().filter(output -> is(output.then(), "type", REPORT)).toList();
    boolean near =
        !reports.isEmpty()
            && reports.stream()
                .allMatch(r -> r.worst() != null && r.worst() <= Reproductions.TOLERANCE);
    return near ? Likeness.METRIC_EQUAL : Likeness.DIFFERENT;
  }

  private static boolean is(@Nullable JsonNode output, String field, String value) {
    return output != null && output.path(field).asText().equals(value);
  }
}
