package io.millrace.pipelines;

import java.util.List;

/** Events of a run, and the run's state when they were read. */
public record RunEvents(List<RunEvent> events, RunState state) {
  public RunEvents {
    events = List.copyOf(events);
  }
}
