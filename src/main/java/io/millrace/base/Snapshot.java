package io.millrace.base;

import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/**
 * A consistent view of the database for reading. Used by one thread, only inside the call that gave
 * it.
 */
public sealed class Snapshot permits Transaction {
  final Handle handle;

  Snapshot(Handle handle) {
    this.handle = handle;
  }

  public Query query(String sql) {
    return handle.createQuery(sql);
  }
}
