package io.millrace.data;

import io.millrace.base.Transaction;

/** Told of each new version of a dataset, in the transaction that registers it. */
@FunctionalInterface
public interface DatasetEvents {
  /**
   * @param newRows how many rows more than the version that was current before
   */
  void versionCreated(Transaction tx, DatasetVersion version, long newRows);

  /** Tells nobody. */
  DatasetEvents NONE = (_, _, _) -> {};
}
