package io.millrace.experiments;

/** Where a run stands, in MLflow's words and one of ours. */
public enum RunState {
  RUNNING,
  SCHEDULED,
  FINISHED,
  FAILED,
  /** Somebody stopped it, or the program that ran it ended before it did. */
  KILLED,
  /** Its lease ran out: whoever held it is not heard of any more. */
  LOST;

  public boolean isEnded() {
    return this != RUNNING && this != SCHEDULED;
  }
}
