package io.millrace.data;

import io.millrace.base.Transaction;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Told of each new version of a dataset, in the transaction that registers it. */
@FunctionalInterface
public interface DatasetEvents {
  /**
   * @param newRows how many rows more than the version that was current before
   * @param asOf when its data were known, where that was said; null means now
   */
  void versionCreated(Transaction tx, DatasetVersion version, long newRows, @Nullable Instant asOf);

  /** Tells nobody. */
  DatasetEvents NONE = (_, _, _, _) -> {};
}
