package io.millrace.pipelines;

import io.millrace.base.Json;
import io.millrace.base.Transaction;
import io.millrace.metadata.ArtifactId;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.ContextId;
import io.millrace.metadata.Metadata;
import org.jspecify.annotations.Nullable;

/**
 * What all executions of one run hang on in the graph, looked up or made by the first of them and
 * remembered once that is durable: a chain of small steps spends much of its time on looking.
 * Thread-safe.
 */
final class GraphPlace {
  record Ids(ContextId pipeline, ContextId run, ArtifactId definition) {}

  private volatile @Nullable Ids known;

  Ids of(Transaction tx, Metadata metadata, LiveRun run) {
    var durable = known;
    if (durable != null) return durable;
    var ids =
        new Ids(
            metadata.context(tx, "pipeline", run.name),
            metadata.context(tx, "pipeline_run", run.id),
            metadata.artifact(
                tx, ArtifactType.DEFINITION, run.definition, run.pipeline.path(), Json.object()));
    tx.afterCommit(() -> known = ids);
    return ids;
  }
}
