package io.millrace.server;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Database;
import io.millrace.metadata.Metadata;
import io.millrace.models.Models;
import java.time.Clock;

/** Everything the program is made of; read it to see the system. */
final class Platform implements AutoCloseable {
  final Database database;
  final Artifacts artifacts;
  final Metadata metadata;
  final Models models;

  Platform(Configuration config, Clock clock) {
    database = Database.open(config.data().resolve("millrace.db"));
    artifacts = new Artifacts(config.data().resolve("artifacts"));
    metadata = new Metadata(database, clock);
    models = new Models(artifacts);
  }

  @Override
  public void close() {
    database.close();
  }
}
