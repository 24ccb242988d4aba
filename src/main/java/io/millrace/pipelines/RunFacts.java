package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import org.jspecify.annotations.Nullable;

/**
 * What a run goes by, and how it failed.
 *
 * @param definition the digest of the pipeline's text
 * @param nominal the time that it stands for, where a trigger started it
 */
public record RunFacts(
    String pipeline,
    @Nullable String path,
    Digest definition,
    @Nullable String nominal,
    @Nullable String error) {
  private static final RunStore RUNS = new RunStore();
  private static final FiringStore FIRINGS = new FiringStore();

  public static RunFacts of(Snapshot s, String id) {
    var row = RUNS.row(s, id).orElseThrow(() -> new NotFound("pipeline run", id));
    var nominal =
        FIRINGS
            .findByRun(s, id)
            .map(firing -> firing.evidence().path("at"))
            .filter(JsonNode::isTextual)
            .map(JsonNode::textValue)
            .orElse(null);
    var error = RUNS.find(s, id).map(PipelineRun::error).orElse(null);
    return new RunFacts(
        row.pipeline(), row.terms().path(), row.terms().definition(), nominal, error);
  }
}
