package io.millrace.server;

import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Closes the platform as part of Quarkus' own stop: after a signal the process ends with that. */
@Singleton
final class Stop {
  void stop(@Observes ShutdownEvent event) {
    Server.stop();
  }
}
