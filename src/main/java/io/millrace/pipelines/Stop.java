package io.millrace.pipelines;

/** Why a run is being stopped before its end. */
enum Stop {
  CANCELLED("the run was cancelled"),
  /** The steps that run though the run was cancelled took too long. */
  OVERDUE("the run was cancelled, and the time that its finally steps had then is over"),
  /** The engine is closing: what was not finished is left for the next one. */
  CLOSING("the server stopped"),
  /** Of instances: no other is to begin, and those at work end. */
  FAILED("another instance of it failed");

  final String reason;

  Stop(String reason) {
    this.reason = reason;
  }
}
