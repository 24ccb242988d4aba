package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.metadata.ExecutionId;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The effects of one result on their way to become true. Used by one thread at a time. */
final class PreparedEffects implements AutoCloseable {
  private static final Logger LOG = System.getLogger(PreparedEffects.class.getName());

  /** Thrown in the transaction when an effect that stood while preparing is gone: prepare again. */
  static final class Gone extends RuntimeException {
    private static final long serialVersionUID = 1;

    Gone(Effect effect) {
      super(effect.kind() + " stood a moment ago", null, false, false);
    }
  }

  private record Item(Effect effect, EffectOwner owner, @Nullable Object prepared) {}

  private final List<Item> items = new ArrayList<>();
  private boolean applied;

  private PreparedEffects() {}

  /** The outputs of all of them if every one stands, else null. */
  static @Nullable Map<String, JsonNode> standing(Engine engine, Snapshot s, List<Effect> effects) {
    var outputs = new HashMap<String, JsonNode>();
    for (var effect : effects) {
      var stands = engine.owner(effect).stands(s, effect);
      if (stands.isEmpty()) return null;
      outputs.putAll(stands.get());
    }
    return outputs;
  }

  /** Prepares those that do not stand. */
  static PreparedEffects prepare(Engine engine, List<Effect> effects) throws Exception {
    var prepared = new PreparedEffects();
    try {
      for (var effect : effects) {
        var owner = engine.owner(effect);
        boolean stands = engine.database.read(s -> owner.stands(s, effect).isPresent());
        prepared.items.add(new Item(effect, owner, stands ? null : owner.prepare(effect)));
      }
      return prepared;
    } catch (Exception | Error e) {
      prepared.close();
      throw e;
    }
  }

  /** Makes them true, in their order; returns their outputs. */
  Map<String, JsonNode> apply(Transaction tx, ExecutionId execution) {
    var outputs = new HashMap<String, JsonNode>();
    for (var item : items) {
      if (item.prepared() == null)
        outputs.putAll(
            item.owner().stands(tx, item.effect()).orElseThrow(() -> new Gone(item.effect())));
      else outputs.putAll(item.owner().apply(tx, item.effect(), item.prepared(), execution));
    }
    tx.afterCommit(() -> applied = true);
    return outputs;
  }

  /** Gives up what did not become true. */
  @Override
  public void close() {
    if (applied) return;
    for (var item : items) {
      if (!(item.prepared() instanceof AutoCloseable closeable)) continue;
      try {
        closeable.close();
      } catch (Exception e) {
        LOG.log(
            Level.ERROR,
            "effect=%s what was prepared could not be closed".formatted(item.effect().kind()),
            e);
      }
    }
  }
}
