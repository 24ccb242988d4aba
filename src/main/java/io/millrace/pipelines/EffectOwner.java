package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.metadata.ExecutionId;
import java.util.Map;
import java.util.Optional;

/** The room that makes one kind of effect true. Effects are reconciled, not replayed. */
public interface EffectOwner {
  String kind();

  /** The outputs of the effect if it stands already, else empty. */
  Optional<Map<String, JsonNode>> stands(Snapshot snapshot, Effect effect);

  /**
   * Does what is slow outside any transaction: load, warm up. Its result is handed to apply; an
   * AutoCloseable that comes to nothing, since the step failed meanwhile, is closed.
   */
  Object prepare(Effect effect) throws Exception;

  /** Makes the effect true; returns its outputs. Swaps in memory go into {@code tx.afterCommit}. */
  Map<String, JsonNode> apply(
      Transaction tx, Effect effect, Object prepared, ExecutionId execution);
}
