package io.millrace.models.python;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Refused;
import io.millrace.base.Unavailable;
import io.millrace.models.Predictor;
import io.millrace.models.Shared;
import io.millrace.models.Signature;
import io.millrace.models.python.PythonModel.Loaded;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Models of MLflow's python_function flavor, each in a Python process of its own that those share
 * who hold it. They run the code of whoever made them, as the user of this process. Thread-safe.
 */
public final class PythonModels {
  /** The protections that every such model lacks, each with what that means. */
  public static final List<String> MISSING =
      List.of(
          "sealed package: it is Python code that runs as the server's user, not checked against answers of its training",
          "reference statistics: drift of inputs and score cannot be measured against the training data");

  private static final String SCRIPT = "serve_model.py";
  private static final String MODEL = "model";

  private final Artifacts artifacts;
  private final Path work;
  private final PythonSettings settings;
  private final AtomicInteger folders = new AtomicInteger();
  private final AtomicInteger alone = new AtomicInteger();
  private final Shared<Key, Loaded> loaded =
      new Shared<>(model -> {
        model.worker().close();
        model.cleaning().run();
      });

  /**
   * @param alone a number of its own where the process is nobody else's, else 0
   */
  private record Key(Digest folder, int threads, int alone) {}

  /**
   * @param work a folder for the files of models in use; what an earlier process left there goes
   */
  public PythonModels(Artifacts artifacts, Path work, PythonSettings settings) {
    this.artifacts = artifacts;
    this.work = work.toAbsolutePath();
    this.settings = settings;
    delete(work);
  }

  /**
   * Loads the model of a folder that MLflow wrote, or joins those who hold it. The caller closes
   * it.
   *
   * @param signature as its MLmodel says
   * @param threads that a call may use, as far as its libraries follow OMP_NUM_THREADS and the like
   * @param longest what a call may take, before the process is ended
   */
  public Predictor load(Digest folder, Signature signature, int threads, Duration longest) {
    var hold =
        loaded.hold(new Key(folder, threads, 0), () -> open(folder, signature, threads, true));
    return new PythonModel(folder, signature, hold, longest);
  }

  /**
   * Loads the model into a process for the caller alone, so that requests do not wait for what it
   * asks. It is not started again: when it ends, what is asked fails with the last that it wrote.
   */
  public Predictor loadAlone(Digest folder, Signature signature, int threads, Duration longest) {
    var key = new Key(folder, threads, alone.incrementAndGet());
    var hold = loaded.hold(key, () -> open(folder, signature, threads, false));
    return new PythonModel(folder, signature, hold, longest);
  }

  /** How many processes there are. */
  public int processes() {
    return loaded.size();
  }

  private Loaded open(Digest folder, Signature signature, int threads, boolean again) {
    var place = work.resolve("%s-%d".formatted(folder.brief(), folders.incrementAndGet()));
    try {
      artifacts.checkOut(folder, place.resolve(MODEL));
      var script = script(place);
      var unmet = new ArrayList<String>();
      var worker =
          new PythonWorker(
              folder.brief(),
              () -> start(script, place, signature, threads, unmet),
              settings.memory(),
              again);
      return new Loaded(worker, List.copyOf(unmet), () -> delete(place));
    } catch (RuntimeException | Error e) {
      delete(place);
      throw e;
    }
  }

  private static Path script(Path folder) {
    try (var in = Objects.requireNonNull(PythonModels.class.getResourceAsStream(SCRIPT))) {
      var script = folder.resolve(SCRIPT);
      Files.copy(in, script);
      return script;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns once the model is loaded. */
  private PythonChild start(
      Path script, Path place, Signature signature, int threads, List<String> unmet) {
    var child = new PythonChild(settings, script, place, threads);
    try {
      var answer =
          child
              .ask(loading(place.resolve(MODEL), signature), new byte[0], settings.start())
              .header();
      var error = answer.path("error").asText();
      if (answer.path("kind").asText().equals("environment"))
        throw new Refused(
            "the interpreter %s lacks what the model needs (%s): install it there, best from the model's requirements.txt, or name another with `millrace up --python PATH` or %s"
                .formatted(answer.path("python").asText(), error, PythonSettings.INTERPRETER));
      if (!error.isEmpty()) throw new Refused("the model cannot be loaded: " + error);
      unmet.clear();
      answer.path("unmet").forEach(line -> unmet.add(line.asText()));
      return child;
    } catch (TimeoutException e) {
      child.close();
      throw new Unavailable(
          "the model was not loaded within %d s".formatted(settings.start().toSeconds()));
    } catch (RuntimeException | Error e) {
      child.close();
      throw e;
    }
  }

  private static ObjectNode loading(Path files, Signature signature) {
    var header = Json.object().put("op", "load").put("path", files.toString());
    var outputs = header.putArray("outputs");
    for (var output : signature.outputs())
      outputs
          .addObject()
          .put("name", output.name())
          .put("datatype", output.datatype().name())
          .put("column", output.shape().equals(List.of(-1L)));
    return header;
  }

  private static void delete(Path folder) {
    if (!Files.exists(folder)) return;
    try (var all = Files.walk(folder)) {
      for (var path : all.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(path);
    } catch (IOException | UncheckedIOException e) {
      // A process that ends may still write there; the next start deletes what stays.
    }
  }
}
