package io.millrace.pipelines;

/** Where a step notes its parameters and metrics: an open run of an experiment. Thread-safe. */
public interface RunLog {
  /** The run's id, as clients of the tracking protocol know it. */
  String id();

  void param(String name, String value);

  /** One value of a metric at a step (round, epoch) of the work. */
  void metric(String name, double value, long step);

  /** Closes the run; nothing can be noted afterwards. */
  void close(boolean succeeded);
}
