package io.millrace.metadata;

/** How far an execution has come. All but RUNNING are final. */
public enum ExecutionState {
  RUNNING,
  COMPLETE,
  /** Not done again: an earlier execution of the same key gave its outputs. */
  CACHED,
  FAILED,
  CANCELLED
}
