package io.millrace.pipelines;

/** Where a step notes its parameters and metrics: an open run of an experiment. Thread-safe. */
public interface RunLog {
  void param(String name, String value);

  /** One value of a metric at a step (round, epoch) of the work. */
  void metric(String name, double value, long step);

  /** Closes the run; nothing can be noted afterwards. */
  void close(boolean succeeded);
}
