package io.millrace.base;

import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jdbi.v3.core.statement.Update;

/**
 * A place to write: all of it becomes durable together, or none. Used only by the writer's thread.
 */
public final class Transaction extends Snapshot {
  private final List<Runnable> afterCommit = new ArrayList<>();

  Transaction(Handle handle) {
    super(handle);
  }

  public Update update(String sql) {
    return handle.createUpdate(sql);
  }

  public PreparedBatch batch(String sql) {
    return handle.prepareBatch(sql);
  }

  /** Runs something quick in memory once this is durable, before the caller of write goes on. */
  public void afterCommit(Runnable action) {
    afterCommit.add(action);
  }

  List<Runnable> afterCommit() {
    return afterCommit;
  }
}
