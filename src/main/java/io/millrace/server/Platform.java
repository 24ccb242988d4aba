package io.millrace.server;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Database;
import io.millrace.data.Datasets;
import io.millrace.experiments.Experiments;
import io.millrace.metadata.Metadata;
import io.millrace.models.Models;
import io.millrace.registry.ModelRegistry;
import io.millrace.serving.Endpoints;
import java.nio.file.Path;
import java.time.Clock;

/** Everything the program is made of; read it to see the system. */
final class Platform implements AutoCloseable {
  final Database database;
  final Artifacts artifacts;
  final Metadata metadata;
  final Datasets datasets;
  final Experiments experiments;
  final Models models;
  final ModelRegistry registry;
  final Endpoints endpoints;

  Platform(Configuration config, Clock clock) {
    Path data = config.data();
    Path work = data.resolve("work");
    database = Database.open(data.resolve("millrace.db"));
    artifacts = new Artifacts(data.resolve("artifacts"));
    metadata = new Metadata(database, clock);
    datasets = new Datasets(database, artifacts, metadata, work, clock);
    experiments = new Experiments(database, clock);
    models = new Models(artifacts);
    registry = new ModelRegistry(database, metadata, models, clock);
    endpoints = new Endpoints(database, metadata, registry, models, clock);
    endpoints.restore();
  }

  @Override
  public void close() {
    endpoints.close();
    database.close();
  }
}
