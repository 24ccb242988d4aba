package io.millrace.server;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.FileTree;
import io.millrace.base.Database;
import io.millrace.data.ContractKind;
import io.millrace.data.DatasetKind;
import io.millrace.data.Datasets;
import io.millrace.data.Profiles;
import io.millrace.data.QueryComponent;
import io.millrace.data.SplitComponent;
import io.millrace.data.ValidateComponent;
import io.millrace.definitions.Definitions;
import io.millrace.evaluation.EvaluateComponent;
import io.millrace.evaluation.Evaluations;
import io.millrace.experiments.Experiments;
import io.millrace.experiments.LoggedModels;
import io.millrace.metadata.Metadata;
import io.millrace.migration.MlflowImports;
import io.millrace.models.Models;
import io.millrace.pipelines.Commands;
import io.millrace.pipelines.Component;
import io.millrace.pipelines.EffectOwner;
import io.millrace.pipelines.NoopComponent;
import io.millrace.pipelines.Pipelines;
import io.millrace.pipelines.ProcessRunner;
import io.millrace.pipelines.ValueComponent;
import io.millrace.registry.GateComponent;
import io.millrace.registry.ModelRegistry;
import io.millrace.registry.RegisterComponent;
import io.millrace.registry.RegisterEffect;
import io.millrace.registry.Webhooks;
import io.millrace.serving.DeployComponent;
import io.millrace.serving.DeployEffects;
import io.millrace.serving.Endpoints;
import io.millrace.training.TrainComponent;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Everything the program is made of; read it to see the system. */
final class Platform implements AutoCloseable {
  final Database database;
  final Artifacts artifacts;
  final Metadata metadata;
  final Definitions definitions;
  final Datasets datasets;
  final Profiles profiles;
  final FileTree files;
  final Experiments experiments;
  final LoggedModels loggedModels;
  final Models models;
  final Evaluations evaluations;
  final Webhooks webhooks;
  final ModelRegistry registry;
  final MlflowImports imports;
  final Endpoints endpoints;
  final Pipelines pipelines;

  /** This server's URL, once it listens. */
  final CompletableFuture<String> url = new CompletableFuture<>();

  Platform(Configuration config, Clock clock) {
    Path data = config.data();
    Path work = data.resolve("work");
    database = Database.open(data.resolve("millrace.db"));
    artifacts = new Artifacts(data.resolve("artifacts"));
    artifacts.dropUnfinished(); // The data folder is locked, so nobody else is writing there.
    metadata = new Metadata(database, clock);
    datasets = new Datasets(database, artifacts, metadata, work, clock);
    profiles = new Profiles(datasets);
    files = new FileTree(database, clock);
    experiments = new Experiments(database, metadata, files, clock);
    loggedModels = new LoggedModels(experiments, metadata, clock);
    models = new Models(artifacts);
    evaluations = new Evaluations(artifacts, models, datasets);
    webhooks = new Webhooks(database, config.privateWebhooks(), clock);
    registry = new ModelRegistry(database, metadata, models, webhooks, clock);
    imports =
        new MlflowImports(database, artifacts, files, experiments, loggedModels, models, registry);
    endpoints = new Endpoints(database, metadata, registry, models, clock);
    registry.askBeforeDeleting(endpoints::usersOf);
    endpoints.restore();
    database.writing(experiments::endAbandoned);
    var program = ProgramDigest.compute();
    pipelines =
        new Pipelines(
            database,
            artifacts,
            metadata,
            components(program),
            effectOwners(),
            experiments,
            program,
            work.resolve("runs"),
            new Commands(new ProcessRunner(Pipelines.attempts(work.resolve("runs"))), url::join),
            clock);
    var kinds =
        List.of(
            new DatasetKind(datasets),
            new ContractKind(datasets),
            pipelines.componentKind(),
            pipelines.kind());
    definitions = new Definitions(database, metadata, kinds, clock);
    webhooks.start();
  }

  /** What a step of a pipeline can be. */
  private List<Component> components(String program) {
    return List.of(
        new NoopComponent(),
        new ValueComponent(),
        new QueryComponent(datasets),
        new ValidateComponent(datasets),
        new SplitComponent(datasets),
        TrainComponent.xgboost(artifacts, program),
        TrainComponent.linear(artifacts, program),
        TrainComponent.trivial(artifacts, program),
        EvaluateComponent.classification(evaluations),
        EvaluateComponent.regression(evaluations),
        new GateComponent(registry, evaluations),
        new RegisterComponent(),
        new DeployComponent());
  }

  /** Those who make true what steps ask for. */
  private List<EffectOwner> effectOwners() {
    return List.of(
        new RegisterEffect(registry, models),
        new DeployEffects(database, registry, models, endpoints));
  }

  @Override
  public void close() {
    pipelines.close();
    webhooks.close();
    endpoints.close();
    experiments.close();
    database.close();
  }
}
