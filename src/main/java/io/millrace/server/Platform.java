package io.millrace.server;

import io.millrace.base.Database;
import java.time.Clock;

/** Everything the program is made of; read it to see the system. */
final class Platform implements AutoCloseable {
  final Database database;

  Platform(Configuration config, Clock clock) {
    database = Database.open(config.data().resolve("millrace.db"));
  }

  @Override
  public void close() {
    database.close();
  }
}
