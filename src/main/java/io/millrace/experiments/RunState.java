package io.millrace.experiments;

/** Where a run stands, in MLflow's words. */
public enum RunState {
  RUNNING,
  FINISHED,
  FAILED,
  /** Its program ended before it did. */
  KILLED
}
