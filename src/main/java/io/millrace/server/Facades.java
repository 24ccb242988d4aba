package io.millrace.server;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.FileTree;
import io.millrace.artifacts.Garbage;
import io.millrace.artifacts.Uploads;
import io.millrace.base.Database;
import io.millrace.base.Json;
import io.millrace.data.Datasets;
import io.millrace.data.Profiles;
import io.millrace.data.TableFiles;
import io.millrace.definitions.Definitions;
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
import io.millrace.pipelines.Explanations;
import io.millrace.pipelines.PipelineTests;
import io.millrace.pipelines.Pipelines;
import io.millrace.pipelines.Plans;
import io.millrace.pipelines.Triggers;
import io.millrace.registry.ModelRegistry;
import io.millrace.registry.VersionComparison;
import io.millrace.registry.VersionReproduction;
import io.millrace.registry.Webhooks;
import io.millrace.serving.Endpoints;
import io.millrace.serving.Inference;
import io.millrace.serving.ServedRepository;
import io.millrace.serving.explanations.AnswerExplanations;
import io.millrace.serving.oip.BodyLimit;
import io.millrace.serving.predictions.Feedback;
import io.millrace.serving.predictions.Origins;
import io.millrace.serving.predictions.PredictionLog;
import io.millrace.serving.predictions.Predictions;
import io.millrace.serving.scoring.Scoring;
import io.millrace.serving.streams.Streams;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Gives the rooms' facades, made by Platform, to the resources that speak HTTP for them. */
@Singleton
final class Facades {
  private final Platform platform = Server.platform();

  @Produces
  @Singleton
  Configuration configuration() {
    return Server.configuration();
  }

  @Produces
  @Singleton
  ObjectMapper mapper() {
    var mapper = Json.mapper().copy();
    // Nothing that is sent may hold null where a map or a list has its values.
    mapper.setDefaultSetterInfo(JsonSetter.Value.forContentNulls(Nulls.FAIL));
    return mapper;
  }

  @Produces
  @Singleton
  Database database() {
    return platform.database;
  }

  @Produces
  @Singleton
  Artifacts artifacts() {
    return platform.artifacts;
  }

  @Produces
  @Singleton
  Metadata metadata() {
    return platform.metadata;
  }

  @Produces
  @Singleton
  Datasets datasets() {
    return platform.datasets;
  }

  @Produces
  @Singleton
  Experiments experiments() {
    return platform.experiments;
  }

  @Produces
  @Singleton
  Runs runs() {
    return platform.runs;
  }

  @Produces
  @Singleton
  FileTree files() {
    return platform.files;
  }

  @Produces
  @Singleton
  Garbage garbage() {
    return platform.garbage;
  }

  @Produces
  @Singleton
  Uploads uploads() {
    return platform.uploads;
  }

  @Produces
  @Singleton
  LoggedModels loggedModels() {
    return platform.loggedModels;
  }

  @Produces
  @Singleton
  RunExports runExports() {
    return platform.runExports;
  }

  @Produces
  @Singleton
  CodeSnapshots codeSnapshots() {
    return platform.codeSnapshots;
  }

  @Produces
  @Singleton
  RunDifferences runDifferences() {
    return platform.runDifferences;
  }

  @Produces
  @Singleton
  Models models() {
    return platform.models;
  }

  @Produces
  @Singleton
  ModelRegistry registry() {
    return platform.registry;
  }

  @Produces
  @Singleton
  Webhooks webhooks() {
    return platform.webhooks;
  }

  @Produces
  @Singleton
  MlflowImports imports() {
    return platform.imports;
  }

  @Produces
  @Singleton
  Endpoints endpoints() {
    return platform.endpoints;
  }

  @Produces
  @Singleton
  Meters meters() {
    return platform.meters;
  }

  @Produces
  @Singleton
  Predictions predictions() {
    return platform.predictions;
  }

  @Produces
  @Singleton
  Inference inference() {
    return platform.inference;
  }

  @Produces
  @Singleton
  AnswerExplanations answerExplanations() {
    return platform.answerExplanations;
  }

  @Produces
  @Singleton
  Scoring scoring() {
    return platform.scoring;
  }

  @Produces
  @Singleton
  TableFiles tableFiles() {
    return platform.tableFiles;
  }

  @Produces
  @Singleton
  PredictionLog predictionLog() {
    return platform.predictions.log();
  }

  @Produces
  @Singleton
  ServedRepository servedRepository() {
    return new ServedRepository(platform.endpoints);
  }

  @Produces
  @Singleton
  Feedback feedback() {
    return platform.feedback;
  }

  @Produces
  @Singleton
  BodyLimit bodyLimit() {
    return new BodyLimit(Server.configuration().documentLimit());
  }

  @Produces
  @Singleton
  Origins origins() {
    return platform.origins;
  }

  @Produces
  @Singleton
  Streams streams() {
    return platform.streams;
  }

  @Produces
  @Singleton
  Definitions definitions() {
    return platform.definitions;
  }

  @Produces
  @Singleton
  Profiles profiles() {
    return platform.profiles;
  }

  @Produces
  @Singleton
  Evaluations evaluations() {
    return platform.evaluations;
  }

  @Produces
  @Singleton
  PipelineTests pipelineTests() {
    return platform.pipelineTests;
  }

  @Produces
  @Singleton
  Staleness staleness() {
    return platform.staleness;
  }

  @Produces
  @Singleton
  Pipelines pipelines() {
    return platform.pipelines;
  }

  @Produces
  @Singleton
  Explanations explanations() {
    return platform.explanations;
  }

  @Produces
  @Singleton
  Plans plans() {
    return platform.plans;
  }

  @Produces
  @Singleton
  VersionComparison versionComparison() {
    return platform.versionComparison;
  }

  @Produces
  @Singleton
  VersionReproduction versionReproduction() {
    return platform.versionReproduction;
  }

  @Produces
  @Singleton
  Secrets secrets() {
    return platform.secrets;
  }

  @Produces
  @Singleton
  Triggers triggers() {
    return platform.triggers;
  }
}
