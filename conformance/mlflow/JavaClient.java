import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.mlflow.api.proto.Service;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowContext;
import org.mlflow.tracking.MlflowHttpException;

/**
 * What programs on the JVM do with org.mlflow:mlflow-client: JavaClient URL. That client hands artifacts over to a
 * Python that has MLflow, named by MLFLOW_PYTHON_EXECUTABLE; without it they are skipped.
 */
@SuppressWarnings("deprecation")
final class JavaClient {
  private static final String PREFIX = "java-" + Long.toHexString(System.nanoTime());
  private static int passed;
  private static int failed;

  public static void main(String[] arguments) throws Exception {
    try (var client = new MlflowClient(arguments[0])) {
      part("experiments", () -> experiments(client));
      part("runs", () -> runs(client));
      part("search", () -> search(client));
      part("context", () -> context(client));
      part("registry", () -> registry(client));
      if (System.getenv("MLFLOW_PYTHON_EXECUTABLE") == null) System.out.println("skipped artifacts: MLFLOW_PYTHON_EXECUTABLE is not set");
      else part("artifacts", () -> artifacts(client));
    }
    System.out.printf("%d passed, %d failed%n", passed, failed);
    System.exit(failed == 0 ? 0 : 1);
  }

  private static void experiments(MlflowClient client) {
    var id = client.createExperiment(PREFIX);
    same("experiment.id", () -> id.matches("\\d+"), true);
    same("experiment.get", () -> client.getExperiment(id).getName(), PREFIX);
    same("experiment.by_name", () -> client.getExperimentByName(PREFIX).orElseThrow().getExperimentId(), id);
    same("experiment.by_unknown_name", () -> client.getExperimentByName(PREFIX + "-nowhere").isPresent(), false);
    works("experiment.set_tag", () -> client.setExperimentTag(id, "team", "blue"));
    same("experiment.tag", () -> client.getExperiment(id).getTagsList().stream().filter(t -> t.getKey().equals("team")).findFirst().orElseThrow().getValue(), "blue");
    works("experiment.rename", () -> client.renameExperiment(id, PREFIX + " é"));
    same("experiment.renamed", () -> client.getExperiment(id).getName(), PREFIX + " é");
    same("experiment.search", () -> client.searchExperiments("name = '" + PREFIX + " é'").getItems().stream().map(Service.Experiment::getExperimentId).toList(), List.of(id));
    works("experiment.delete", () -> client.deleteExperiment(id));
    same("experiment.deleted", () -> client.getExperiment(id).getLifecycleStage(), "deleted");
    works("experiment.restore", () -> client.restoreExperiment(id));
    same("experiment.restored", () -> client.getExperiment(id).getLifecycleStage(), "active");
    refused("experiment.exists", () -> client.createExperiment(PREFIX + " é"), 400, "RESOURCE_ALREADY_EXISTS");
    refused("experiment.unknown", () -> client.getExperiment("987654321"), 404, "RESOURCE_DOES_NOT_EXIST");
  }

  private static void runs(MlflowClient client) {
    var experiment = client.createExperiment(PREFIX + "-runs");
    var run = client.createRun(experiment);
    var id = run.getRunId();
    same("run.id", () -> id.matches("[0-9a-f]{32}"), true);
    same("run.uuid", run::getRunUuid, id);
    same("run.status", () -> client.getRun(id).getInfo().getStatus(), Service.RunStatus.RUNNING);
    works("run.param", () -> client.logParam(id, "alpha", "0.5"));
    works("run.metric", () -> client.logMetric(id, "loss", 0.5));
    works("run.metric_with_step", () -> client.logMetric(id, "loss", 0.25, 9_999_999_999_999L, 3));
    works("run.metric_nan", () -> client.logMetric(id, "nan", Double.NaN));
    works("run.metric_infinity", () -> client.logMetric(id, "inf", Double.POSITIVE_INFINITY));
    works("run.tag", () -> client.setTag(id, "note", "größe"));
    works("run.tag_to_delete", () -> client.setTag(id, "gone", "1"));
    works("run.delete_tag", () -> client.deleteTag(id, "gone"));
    works("run.batch", () -> client.logBatch(id,
        IntStream.range(0, 900).mapToObj(s -> Service.Metric.newBuilder().setKey("curve").setValue(s * 0.5).setTimestamp(s).setStep(s).build()).toList(),
        IntStream.range(0, 50).mapToObj(i -> Service.Param.newBuilder().setKey("p" + i).setValue("v" + i).build()).toList(),
        List.of(Service.RunTag.newBuilder().setKey("from batch").setValue("yes").build())));
    var data = client.getRun(id).getData();
    same("run.params", () -> data.getParamsList().stream().filter(p -> Set.of("alpha", "p49").contains(p.getKey())).collect(Collectors.toMap(Service.Param::getKey, Service.Param::getValue)), Map.of("alpha", "0.5", "p49", "v49"));
    var metrics = data.getMetricsList().stream().collect(Collectors.toMap(Service.Metric::getKey, Service.Metric::getValue));
    same("run.metrics", () -> metrics.keySet(), Set.of("loss", "nan", "inf", "curve"));
    same("run.metric_is_the_last", () -> metrics.get("loss"), 0.25);
    same("run.metric_is_nan", () -> metrics.get("nan"), Double.NaN);
    same("run.metric_is_clamped", () -> metrics.get("inf"), Double.MAX_VALUE);
    var tags = data.getTagsList().stream().collect(Collectors.toMap(Service.RunTag::getKey, Service.RunTag::getValue));
    same("run.tags", () -> List.of(tags.get("note"), tags.get("from batch"), tags.containsKey("gone")), List.of("größe", "yes", false));
    same("run.history", () -> client.getMetricHistory(id, "curve").stream().map(Service.Metric::getStep).toList(), IntStream.range(0, 900).mapToObj(Long::valueOf).toList());
    refused("run.param_changed", () -> client.logParam(id, "alpha", "0.6"), 400, "Changing param values is not allowed");
    refused("run.unknown", () -> client.getRun("0".repeat(32)), 404, "RESOURCE_DOES_NOT_EXIST");
    works("run.terminate", () -> client.setTerminated(id, Service.RunStatus.FAILED, 1_700_000_000_000L));
    same("run.terminated", () -> List.of(client.getRun(id).getInfo().getStatus(), client.getRun(id).getInfo().getEndTime()), List.of(Service.RunStatus.FAILED, 1_700_000_000_000L));
    works("run.delete", () -> client.deleteRun(id));
    same("run.deleted", () -> client.getRun(id).getInfo().getLifecycleStage(), "deleted");
    works("run.restore", () -> client.restoreRun(id));
    same("run.restored", () -> client.getRun(id).getInfo().getLifecycleStage(), "active");
    var nested = client.createRun(Service.CreateRun.newBuilder().setExperimentId(experiment).setRunName("child").setStartTime(1_600_000_000_000L)
        .addTags(Service.RunTag.newBuilder().setKey("mlflow.parentRunId").setValue(id)).build());
    same("run.child", () -> List.of(nested.getRunName(), nested.getStartTime()), List.of("child", 1_600_000_000_000L));
  }

  private static void search(MlflowClient client) {
    var experiment = client.createExperiment(PREFIX + "-search");
    var ids = new ArrayList<String>();
    for (int i = 0; i < 7; i++) {
      var id = client.createRun(experiment).getRunId();
      client.logMetric(id, "acc", i / 10.0);
      client.logParam(id, "kind", i % 2 == 0 ? "even" : "odd");
      ids.add(id);
    }
    var here = List.of(experiment);
    var active = Service.ViewType.ACTIVE_ONLY;
    same("search.filter", () -> client.searchRuns(here, "metrics.acc > 0.25 and params.kind = 'odd'").stream().map(Service.RunInfo::getRunId).collect(Collectors.toSet()), Set.of(ids.get(3), ids.get(5)));
    same("search.order", () -> client.searchRuns(here, "", active, 3, List.of("metrics.acc DESC")).getItems().stream().map(r -> r.getInfo().getRunId()).toList(), List.of(ids.get(6), ids.get(5), ids.get(4)));
    same("search.pages", () -> {
      var sizes = new ArrayList<Integer>();
      var page = client.searchRuns(here, "", active, 3, List.of("metrics.acc ASC"));
      sizes.add(page.getItems().size());
      while (page.hasNextPage()) {
        page = (org.mlflow.tracking.RunsPage) page.getNextPage();
        sizes.add(page.getItems().size());
      }
      return sizes;
    }, List.of(3, 3, 1));
    same("search.infos", () -> client.listRunInfos(experiment).size(), 7);
    refused("search.bad_filter", () -> client.searchRuns(here, "metrics.acc ~ 1"), 400, "INVALID_PARAMETER_VALUE");
  }

  private static void context(MlflowClient client) {
    var id = new String[1];
    var context = new MlflowContext(client).setExperimentName(PREFIX + "-runs");
    works("context.run", () -> context.withActiveRun("by context", run -> {
      id[0] = run.getId();
      run.logParams(Map.of("a", "1", "b", "2"));
      run.logMetrics(Map.of("m", 1.5), 4);
      run.setTags(Map.of("t", "x"));
    }));
    same("context.is_finished", () -> client.getRun(id[0]).getInfo().getStatus(), Service.RunStatus.FINISHED);
    same("context.name", () -> client.getRun(id[0]).getInfo().getRunName(), "by context");
    same("context.metric", () -> client.getRun(id[0]).getData().getMetrics(0).getStep(), 4L);
  }

  /** The client makes neither models nor versions: they are made by its raw calls. */
  private static void registry(MlflowClient client) throws Exception {
    var run = client.createRun(client.createExperiment(PREFIX + "-registry"));
    var name = PREFIX + "-model";
    works("registry.create", () -> client.sendPost("registered-models/create", "{\"name\": \"%s\"}".formatted(name)));
    for (int i = 0; i < 3; i++) {
      works("registry.create_version_" + (i + 1), () -> client.sendPost("model-versions/create",
          "{\"name\": \"%s\", \"source\": \"%s/model\", \"run_id\": \"%s\"}".formatted(name, run.getArtifactUri(), run.getRunId())));
    }
    works("registry.stage", () -> client.sendPost("model-versions/transition-stage", "{\"name\": \"%s\", \"version\": \"2\", \"stage\": \"Production\"}".formatted(name)));
    works("registry.patch", () -> client.sendPatch("registered-models/update", "{\"name\": \"%s\", \"description\": \"by Java\"}".formatted(name)));
    same("registry.model", () -> client.getRegisteredModel(name).getDescription(), "by Java");
    same("registry.version", () -> client.getModelVersion(name, "2").getCurrentStage(), "Production");
    same("registry.run", () -> client.getModelVersion(name, "1").getRunId(), run.getRunId());
    same("registry.latest", () -> client.getLatestVersions(name).stream().map(v -> v.getVersion()).collect(Collectors.toSet()), Set.of("2", "3"));
    same("registry.latest_of_stage", () -> client.getLatestVersions(name, List.of("Production")).stream().map(v -> v.getVersion()).toList(), List.of("2"));
    same("registry.download_uri", () -> client.getModelVersionDownloadUri(name, "1"), run.getArtifactUri() + "/model");
    same("registry.search", () -> client.searchModelVersions("name = '" + name + "'", 2, List.of("version_number ASC")).getItems().stream().map(v -> v.getVersion()).toList(), List.of("1", "2"));
    refused("registry.unknown_version", () -> client.getModelVersion(name, "9"), 404, "RESOURCE_DOES_NOT_EXIST");
    refused("registry.unknown_model", () -> client.getRegisteredModel(name + "-nowhere"), 404, "RESOURCE_DOES_NOT_EXIST");
  }

  private static void artifacts(MlflowClient client) throws Exception {
    var run = client.createRun(client.createExperiment(PREFIX + "-artifacts"));
    var folder = Files.createTempDirectory("java-client");
    Files.createDirectories(folder.resolve("tree/below"));
    Files.writeString(folder.resolve("tree/below/é x.txt"), "größe");
    var file = Files.writeString(folder.resolve("single.txt"), "one");
    works("artifacts.log_file", () -> client.logArtifact(run.getRunId(), file.toFile(), "some place"));
    works("artifacts.log_tree", () -> client.logArtifacts(run.getRunId(), folder.resolve("tree").toFile(), "model"));
    same("artifacts.list", () -> client.listArtifacts(run.getRunId()).stream().map(Service.FileInfo::getPath).collect(Collectors.toSet()), Set.of("some place", "model"));
    same("artifacts.download", () -> Files.readString(client.downloadArtifacts(run.getRunId(), "model").toPath().resolve("below/é x.txt")), "größe");
    var name = PREFIX + "-files";
    client.sendPost("registered-models/create", "{\"name\": \"%s\"}".formatted(name));
    client.sendPost("model-versions/create", "{\"name\": \"%s\", \"source\": \"%s/model\", \"run_id\": \"%s\"}".formatted(name, run.getArtifactUri(), run.getRunId()));
    same("artifacts.download_version", () -> {
      File found = client.downloadModelVersion(name, "1");
      try (var walked = Files.walk(found.toPath())) {
        return walked.filter(Files::isRegularFile).map(Path::getFileName).map(Path::toString).toList();
      }
    }, List.of("é x.txt"));
  }

  private interface Action {
    void run() throws Exception;
  }

  private static void part(String name, Action action) {
    System.out.println("-- " + name);
    try {
      action.run();
    } catch (Exception e) {
      fail(name + ".reaches_its_end", e, "no error");
    }
  }

  private static <T> void same(String name, Callable<T> get, Object expected) {
    try {
      T got = get.call();
      if (Objects.equals(got, expected)) ok(name);
      else fail(name, got, expected);
    } catch (Exception e) {
      fail(name, e, expected);
    }
  }

  private static void works(String name, Action action) {
    try {
      action.run();
      ok(name);
    } catch (Exception e) {
      fail(name, e, "no error");
    }
  }

  private static void refused(String name, Action action, int status, String phrase) {
    try {
      action.run();
      fail(name, "no error", status + " " + phrase);
    } catch (MlflowHttpException e) {
      boolean right = e.getStatusCode() == status && e.getBodyMessage().contains(phrase);
      if (right) ok(name);
      else fail(name, e.getStatusCode() + " " + e.getBodyMessage(), status + " " + phrase);
    } catch (Exception e) {
      fail(name, e, status + " " + phrase);
    }
  }

  private static void ok(String name) {
    passed++;
    System.out.println("ok " + name);
  }

  private static void fail(String name, Object got, Object expected) {
    failed++;
    System.out.printf("FAILED %s: got %.600s, expected %s%n", name, got, expected);
  }
}
