package io.millrace.server;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.FileTree;
import io.millrace.artifacts.Garbage;
import io.millrace.artifacts.Uploads;
import io.millrace.base.Database;
import io.millrace.base.Snapshot;
import io.millrace.data.ContractKind;
import io.millrace.data.DatasetEffects;
import io.millrace.data.DatasetKind;
import io.millrace.data.DatasetSampler;
import io.millrace.data.Datasets;
import io.millrace.data.Profiles;
import io.millrace.data.QueryComponent;
import io.millrace.data.RegisterDataset;
import io.millrace.data.SplitComponent;
import io.millrace.data.TableFiles;
import io.millrace.data.ValidateComponent;
import io.millrace.definitions.Definitions;
import io.millrace.evaluation.EvaluateComponent;
import io.millrace.evaluation.Evaluations;
import io.millrace.evaluation.Staleness;
import io.millrace.experiments.CodeSnapshots;
import io.millrace.experiments.Experiments;
import io.millrace.experiments.LoggedModels;
import io.millrace.experiments.RunDifferences;
import io.millrace.experiments.RunExports;
import io.millrace.experiments.Runs;
import io.millrace.governance.Secrets;
import io.millrace.metadata.Metadata;
import io.millrace.migration.MlflowImports;
import io.millrace.models.Models;
import io.millrace.models.python.PythonModels;
import io.millrace.models.python.PythonSettings;
import io.millrace.pipelines.Capacities;
import io.millrace.pipelines.Commands;
import io.millrace.pipelines.Component;
import io.millrace.pipelines.EffectOwner;
import io.millrace.pipelines.Explanations;
import io.millrace.pipelines.ModelUsers;
import io.millrace.pipelines.NoopComponent;
import io.millrace.pipelines.PipelineTests;
import io.millrace.pipelines.Pipelines;
import io.millrace.pipelines.Plans;
import io.millrace.pipelines.ProcessRunner;
import io.millrace.pipelines.Reproductions;
import io.millrace.pipelines.RunWatcher;
import io.millrace.pipelines.TriggerEvents;
import io.millrace.pipelines.Triggers;
import io.millrace.pipelines.ValueComponent;
import io.millrace.pipelines.openlineage.LineageOut;
import io.millrace.pipelines.openlineage.LineageTarget;
import io.millrace.registry.GateComponent;
import io.millrace.registry.ModelName;
import io.millrace.registry.ModelRegistry;
import io.millrace.registry.RegisterComponent;
import io.millrace.registry.RegisterEffect;
import io.millrace.registry.VersionComparison;
import io.millrace.registry.VersionReproduction;
import io.millrace.registry.Webhooks;
import io.millrace.serving.Declared;
import io.millrace.serving.DeployComponent;
import io.millrace.serving.DeployEffects;
import io.millrace.serving.Endpoints;
import io.millrace.serving.Inference;
import io.millrace.serving.explanations.AnswerExplanations;
import io.millrace.serving.files.EndpointKind;
import io.millrace.serving.lookup.DatasetFeatures;
import io.millrace.serving.oip.JsonMessages;
import io.millrace.serving.otlp.OtlpSettings;
import io.millrace.serving.otlp.OtlpSpans;
import io.millrace.serving.predictions.Feedback;
import io.millrace.serving.predictions.Origins;
import io.millrace.serving.predictions.Predictions;
import io.millrace.serving.scoring.ScoreComponent;
import io.millrace.serving.scoring.Scoring;
import io.millrace.serving.streams.BrokerSecurity;
import io.millrace.serving.streams.Brokers;
import io.millrace.serving.streams.Streams;
import io.millrace.serving.streams.kafka.KafkaTopics;
import io.millrace.training.GridSearch;
import io.millrace.training.RandomSearch;
import io.millrace.training.TrainComponent;
import io.millrace.training.TreeParzen;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Everything the program is made of; read it to see the system. */
final class Platform implements AutoCloseable {
  final Database database;
  final Artifacts artifacts;
  final Metadata metadata;
  final Definitions definitions;
  final Datasets datasets;
  final Profiles profiles;
  final TableFiles tableFiles;
  final FileTree files;
  final Uploads uploads;
  final Experiments experiments;
  final Runs runs;
  final LoggedModels loggedModels;
  final RunExports runExports;
  final CodeSnapshots codeSnapshots;
  final RunDifferences runDifferences;
  final Models models;
  final Evaluations evaluations;
  final Staleness staleness;
  final Webhooks webhooks;
  final ModelRegistry registry;
  final MlflowImports imports;
  final Meters meters = new Meters();
  final Endpoints endpoints;
  final AnswerExplanations answerExplanations;
  final Inference inference;
  final Scoring scoring;
  private final Optional<OtlpSpans> spans;
  final Predictions predictions;
  final Feedback feedback;
  final Origins origins;
  final Streams streams;
  final Garbage garbage;
  final Pipelines pipelines;
  final Explanations explanations;
  final Plans plans;
  final PipelineTests pipelineTests;
  final VersionComparison versionComparison;
  final VersionReproduction versionReproduction;
  final Triggers triggers;
  final Secrets secrets;
  private final @Nullable LineageOut lineageOut;

  /** This server's URL, once it listens. */
  final CompletableFuture<String> url = new CompletableFuture<>();

  Platform(Configuration config, Clock clock) {
    Path data = config.data();
    Path work = data.resolve("work");
    database = Database.open(data.resolve("millrace.db"));
    artifacts = new Artifacts(data.resolve("artifacts"));
    artifacts.dropUnfinished(); // The data folder is locked, so nobody else is writing there.
    metadata = new Metadata(database, clock);
    var fired = new TriggerEvents(clock);
    datasets =
        new Datasets(
            database,
            artifacts,
            metadata,
            (tx, v, newRows, asOf) ->
                fired.datasetVersion(tx, v.name(), v.number(), v.rows(), newRows, asOf),
            work,
            clock);
    profiles = new Profiles(datasets);
    files = new FileTree(clock);
    uploads = new Uploads(database, artifacts, files, config.blobLimit(), clock);
    experiments = new Experiments(database, metadata, clock);
    runs = new Runs(database, metadata, experiments, files, clock);
    loggedModels = new LoggedModels(experiments, runs, metadata, clock);
    tableFiles = new TableFiles(datasets);
    runExports = new RunExports(runs, new ParquetTables(tableFiles));
    codeSnapshots = new CodeSnapshots(database, artifacts, files, runs);
    runDifferences = new RunDifferences(database, artifacts, files, runs, loggedModels);
    models =
        new Models(
            artifacts,
            new PythonModels(
                artifacts,
                work.resolve("python"),
                PythonSettings.of(config.around().python(), System.getenv(PythonSettings.MEMORY))));
    evaluations = new Evaluations(artifacts, models, datasets);
    webhooks = new Webhooks(database, config.privateWebhooks(), clock);
    registry =
        new ModelRegistry(
            database, metadata, models, new RegistryListeners(webhooks, fired), clock);
    imports =
        new MlflowImports(
            database, artifacts, files, experiments, runs, loggedModels, models, registry);
    endpoints = new Endpoints(database, metadata, registry, models, meters.registry(), clock);
    garbage =
        new Garbage(
            database,
            artifacts,
            uploads,
            List.of(metadata, datasets, files, uploads, registry, endpoints));
    registry.askBeforeDeleting(endpoints::usersOf);
    endpoints.lookUpIn(new DatasetFeatures(datasets));
    endpoints.restore();
    predictions =
        new Predictions(
            data.resolve("predictions"),
            database,
            datasets,
            metadata,
            endpoints,
            config.environment().flush(),
            clock);
    predictions.log().countIn(meters.registry());
    endpoints.replay(predictions::recent);
    answerExplanations = new AnswerExplanations(artifacts, models, predictions);
    inference = new Inference(endpoints, predictions.log()::offer, answerExplanations, clock);
    spans =
        OtlpSettings.of(config.around().otlp(), System.getenv())
            .map(settings -> new OtlpSpans(settings, meters.registry()));
    spans.ifPresent(inference::tell);
    feedback = new Feedback(predictions, clock);
    origins = new Origins(database, registry, metadata);
    secrets =
        new Secrets(
            database, data.resolve("secrets.key"), config.environment().secretsKey(), clock);
    streams =
        new Streams(
            database,
            metadata,
            endpoints,
            new Streams.Tools(
                inference,
                new JsonMessages(),
                Brokers.of(config.around().kafka()),
                KafkaTopics.opener(
                    BrokerSecurity.of(config.around().kafkaSecurity()).orElse(null),
                    secrets::value)),
            meters.registry(),
            clock);
    var program = ProgramDigest.compute();
    lineageOut =
        config.around().openLineage().isEmpty()
            ? null
            : new LineageOut(
                database, metadata, LineageTarget.of(config.around().openLineage()), clock);
    pipelines =
        new Pipelines(
            database,
            artifacts,
            metadata,
            components(program),
            effectOwners(),
            runs,
            lineageOut == null ? RunWatcher.NONE : lineageOut,
            program,
            work.resolve("runs"),
            new Commands(
                new ProcessRunner(Pipelines.attempts(work.resolve("runs"))),
                url::join,
                secrets,
                Capacities.of(config.around().pools())),
            List.of(new RandomSearch(), new GridSearch(), new TreeParzen()),
            clock);
    database.write(tx ->
        runs.endAbandoned(tx, origin -> pipelines.outlived(origin.pipelineRun(), origin.step())));
    scoring = new Scoring(database, datasets, registry, endpoints, pipelines);
    secrets.askBeforeDeleting(pipelines::usersOf);
    staleness = new Staleness(pipelines, models, datasets);
    var datasetKind = new DatasetKind(datasets);
    var kinds =
        List.of(
            datasetKind,
            new ContractKind(datasets),
            pipelines.componentKind(),
            pipelines.kind(),
            new EndpointKind(
                new Declared.Tools(endpoints, database, clock), registry, predictions));
    definitions = new Definitions(database, metadata, kinds, clock);
    explanations = new Explanations(pipelines);
    plans = new Plans(pipelines, datasetKind, this::users);
    definitions.askForForesight(plans);
    pipelineTests = new PipelineTests(pipelines, new DatasetSampler(artifacts, datasets));
    versionComparison = new VersionComparison(database, metadata, registry, explanations);
    versionReproduction =
        new VersionReproduction(database, metadata, registry, new Reproductions(pipelines));
    triggers = new Triggers(database, pipelines, config.environment().pushSecret(), clock);
    webhooks.start();
    if (lineageOut != null) lineageOut.start();
    triggers.start();
    predictions.start();
    streams.start();
  }

  /** What a step of a pipeline can be. */
  private List<Component> components(String program) {
    return List.of(
        new NoopComponent(),
        new ValueComponent(),
        new QueryComponent(datasets),
        new ValidateComponent(datasets),
        new SplitComponent(datasets),
        new RegisterDataset(),
        TrainComponent.xgboost(artifacts, program),
        TrainComponent.linear(artifacts, program),
        TrainComponent.trivial(artifacts, program),
        EvaluateComponent.classification(evaluations),
        EvaluateComponent.regression(evaluations),
        new GateComponent(registry, evaluations),
        new RegisterComponent(),
        new DeployComponent(),
        new ScoreComponent(models, datasets, artifacts, registry, endpoints));
  }

  /** Those who make true what steps ask for. */
  private List<EffectOwner> effectOwners() {
    return List.of(
        new DatasetEffects(datasets, artifacts),
        new RegisterEffect(registry, models),
        new DeployEffects(database, registry, endpoints));
  }

  /** An endpoint serves one version, with all its traffic. */
  private List<ModelUsers.Use> users(Snapshot s, String model) {
    return endpoints.serving(s, new ModelName(model)).stream()
        .map(d -> new ModelUsers.Use(d.endpoint().value(), d.version().toString(), 1))
        .toList();
  }

  @Override
  public void close() {
    triggers.close();
    pipelines.close();
    if (lineageOut != null) lineageOut.close();
    webhooks.close();
    streams.close();
    endpoints.close();
    answerExplanations.close();
    spans.ifPresent(OtlpSpans::close);
    predictions.close();
    runs.close();
    database.close();
    meters.close();
  }
}
