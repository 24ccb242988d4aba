package io.millrace.pipelines;

/** Opens runs for steps; the experiments room answers. */
public interface RunTracker {
  RunLog open(String pipeline, String pipelineRun, String step);
}
