package io.millrace.pipelines;

/** Opens runs for steps; the experiments room answers. */
public interface RunTracker {
  RunLog open(String pipeline, String pipelineRun, String step);

  /**
   * The run that an attempt opened in a program which is gone, while its command went on; a new one
   * where none is open, or none can be found.
   */
  default RunLog reopen(String pipeline, String pipelineRun, String step) {
    return open(pipeline, pipelineRun, step);
  }
}
