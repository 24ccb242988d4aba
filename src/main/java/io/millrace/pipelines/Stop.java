package io.millrace.pipelines;

/** Why a run is being stopped before its end. */
enum Stop {
  CANCELLED(StepState.CANCELLED, "the run was cancelled"),
  /** The engine is closing. */
  INTERRUPTED(StepState.INTERRUPTED, "the server stopped");

  final StepState state;
  final String reason;

  Stop(StepState state, String reason) {
    this.state = state;
    this.reason = reason;
  }
}
