package io.millrace.training;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Failure;
import io.millrace.base.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;

/**
 * The child process that trains, started with its task's folder as the only argument. It reads
 * request.json, tells events.jsonl how far it is, and leaves the models' files with result.json, or
 * error.json. Native libraries that crash or spin take down this process only, and it ends with its
 * parent.
 */
public final class TrainingProcess {
  static final String RESULT = "result.json";
  static final String ERROR = "error.json";
  private static final long PARENT_MILLIS = 200;

  private TrainingProcess() {}

  public static void main(String[] arguments) throws IOException {
    var folder = Path.of(arguments[0]);
    var request =
        Json.read(Files.readString(folder.resolve(TrainingRequest.FILE)), TrainingRequest.class);
    endWith(request.parent());
    try (var reports = new Reports(folder)) {
      write(folder.resolve(RESULT), train(folder, request, reports));
    } catch (Failure e) {
      fail(folder, String.valueOf(e.getMessage()), true);
    } catch (LinkageError e) {
      var reason = rootCause(e);
      if (!reason.contains("libgomp")) fail(folder, e);
      else
        fail(
            folder,
            "XGBoost needs the library libgomp, which this machine lacks: install it (Debian and Ubuntu: apt install libgomp1; Fedora: dnf install libgomp)",
            false);
    } catch (RuntimeException | IOException e) {
      fail(folder, e);
    }
    // Native threads of XGBoost may still be about.
    System.exit(0);
  }

  /**
   * Ends this process soon after its parent. The JDK itself looks at processes that are not its own
   * children only every few seconds.
   */
  private static void endWith(long parent) {
    var watched = ProcessHandle.of(parent);
    Thread.ofPlatform()
        .name("parent")
        .daemon()
        .start(() -> {
          try {
            while (watched.isPresent() && watched.get().isAlive()) Thread.sleep(PARENT_MILLIS);
          } catch (InterruptedException e) {
            // Nobody does; if somebody did, it would be to end.
          }
          Runtime.getRuntime().halt(1);
        });
  }

  private static ObjectNode train(Path folder, TrainingRequest request, Reports reports)
      throws IOException {
    reports.progress("reading", 0.01);
    var examples =
        new ExampleReader(request.settings(), reports::log)
            .read(request.paths(), folder.resolve("engine"));
    examples.facts().forEach(reports::param);
    reports.log(
        "%,d rows, %d features, %,d of them validate (%s)"
            .formatted(
                examples.rows(),
                examples.features().size(),
                examples.validating().length,
                examples.chosenBy()));
    var trainers = new ArrayList<>(request.trainer().baselines());
    trainers.add(request.trainer());
    var validation = Json.object();
    var parameters = Json.object();
    for (var kind : trainers) {
      reports.progress("fitting " + kind.word(), 0.02);
      var fitted = trainer(kind).fit(examples, request.settings(), reports);
      ModelFiles.write(folder, kind, request, examples, fitted);
      validation.set(kind.word(), fitted.validation());
      if (kind == request.trainer()) parameters = fitted.parameters();
    }
    parameters
        .properties()
        .forEach(one ->
            reports.param(
                one.getKey(),
                one.getValue().isTextual() ? one.getValue().asText() : Json.write(one.getValue())));
    validation
        .path(request.trainer().word())
        .properties()
        .forEach(
            one -> reports.metric("validation_" + one.getKey(), one.getValue().doubleValue(), 0));
    var result =
        Json.object()
            .put("rows", examples.rows())
            .put("features", examples.features().size())
            .put("missing", examples.missing());
    result.put("task", examples.target().task().word());
    result.set("parameters", parameters);
    result.set("validation", validation);
    return result;
  }

  private static Trainer trainer(TrainerKind kind) {
    return switch (kind) {
      case TRIVIAL -> new TrivialTrainer();
      case LINEAR -> new LinearTrainer();
      case XGBOOST -> new XgboostTrainer();
    };
  }

  private static void fail(Path folder, String message, boolean input) throws IOException {
    write(folder.resolve(ERROR), Json.object().put("message", message).put("input", input));
  }

  /** A fault of the program: its trace goes to the output, its reason to who started this. */
  private static void fail(Path folder, Throwable e) throws IOException {
    e.printStackTrace(System.err);
    var reason = e.getMessage();
    fail(
        folder,
        "the training process failed: " + (reason == null ? e.getClass().getSimpleName() : reason),
        false);
  }

  private static void write(Path file, ObjectNode json) throws IOException {
    Files.writeString(file, Json.write(json), StandardCharsets.UTF_8);
  }

  private static String rootCause(Throwable e) {
    Throwable at = e;
    while (at.getCause() != null) at = at.getCause();
    return String.valueOf(at.getMessage());
  }
}
