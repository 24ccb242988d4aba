package io.millrace.pipelines;

import io.millrace.base.Transaction;
import io.millrace.metadata.ExecutionId;
import io.millrace.metadata.ExecutionState;

/** Told of runs and of their steps' attempts, in the transaction in which they begin and end. */
public interface RunWatcher {
  void runBegan(Transaction tx, String run);

  void runEnded(Transaction tx, String run, RunState state);

  void stepBegan(Transaction tx, ExecutionId attempt);

  void stepEnded(Transaction tx, ExecutionId attempt, ExecutionState state);

  /** Tells nobody. */
  RunWatcher NONE =
      new RunWatcher() {
        @Override
        public void runBegan(Transaction tx, String run) {}

        @Override
        public void runEnded(Transaction tx, String run, RunState state) {}

        @Override
        public void stepBegan(Transaction tx, ExecutionId attempt) {}

        @Override
        public void stepEnded(Transaction tx, ExecutionId attempt, ExecutionState state) {}
      };
}
