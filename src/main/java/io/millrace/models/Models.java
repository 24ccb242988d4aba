package io.millrace.models;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Refused;
import io.millrace.base.TooLarge;
import io.millrace.base.Unavailable;
import io.millrace.base.Unsupported;
import io.millrace.models.onnx.OnnxFile;
import io.millrace.models.python.PythonModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Model packages in the artifact store: making them of files from elsewhere, and loading them.
 * Those who hold one package share its session. Thread-safe.
 */
public final class Models {
  /** What a batch of rows may take in Python, before its process is ended. */
  private static final Duration LONGEST_BATCH = Duration.ofMinutes(10);

  private final Artifacts artifacts;
  private final @Nullable PythonModels python;
  private final Shared<Key, OnnxSession> sessions = new Shared<>(OnnxSession::close);

  /** A session is of one package and one way to run it. */
  private record Key(Digest digest, OnnxSession.Settings settings) {}

  public Models(Artifacts artifacts) {
    this(artifacts, null);
  }

  /**
   * @param python what serves models of MLflow's python_function flavor; null where nothing does
   */
  public Models(Artifacts artifacts, @Nullable PythonModels python) {
    this.artifacts = artifacts;
    this.python = python;
  }

  /**
   * Loads what an endpoint serves: a package, or a folder of MLflow's python_function flavor. The
   * caller closes it.
   *
   * @param longest what a call of a Python model may take, before its process is ended
   */
  public Predictor predictor(Digest digest, OnnxSession.Settings settings, Duration longest) {
    if (!startsProcess(digest)) return load(digest, settings);
    var signature = signature(files(digest), digest);
    return python(files(digest)).load(digest, signature, settings.intraOpThreads(), longest);
  }

  /**
   * Loads what is asked about many rows: a package, or a folder of MLflow's python_function flavor
   * in a process of its own, which ends when the caller closes it. CancellationException if the
   * thread is interrupted meanwhile.
   */
  public Predictor forTables(Digest digest) {
    if (!startsProcess(digest)) return load(digest);
    var signature = signature(files(digest), digest);
    int threads = OnnxSession.Settings.serving().intraOpThreads();
    try {
      return python(files(digest)).loadAlone(digest, signature, threads, LONGEST_BATCH);
    } catch (Unavailable e) {
      throw Predictor.unlessCancelled(e);
    }
  }

  private static String files(Digest digest) {
    return "the files of the model (%s)".formatted(digest.brief());
  }

  private PythonModels python(String name) {
    if (python == null)
      throw new Unsupported("%s: this server starts no Python, which they need".formatted(name));
    return python;
  }

  private Signature signature(String name, Digest folder) {
    return MlflowSignature.of(
        name, MlflowFiles.python(name, artifacts, artifacts.manifest(folder)));
  }

  /** Whether what is served under the digest is answered by a process of its own. */
  public boolean startsProcess(Digest digest) {
    return !ModelPackage.isPackage(artifacts.manifest(digest));
  }

  /**
   * Loads a package, or joins those who hold it. Its golden rows are replayed first, and it is
   * refused if one is answered differently from what the training library answered, and if its file
   * does not have the signature it claims. The caller closes it.
   */
  public LoadedModel load(Digest digest) {
    return load(digest, OnnxSession.Settings.serving());
  }

  /** As the other, with a session of these settings. */
  public LoadedModel load(Digest digest, OnnxSession.Settings settings) {
    var contents = ModelPackage.read(artifacts, digest);
    var hold = sessions.hold(new Key(digest, settings), () -> checked(contents, settings));
    return new LoadedModel(contents, hold.thing(), hold.release());
  }

  private OnnxSession checked(ModelPackage contents, OnnxSession.Settings settings) {
    var name = "model package " + contents.digest().brief();
    var session = session(name, contents.model(), settings);
    try {
      contents
          .signature()
          .differenceFrom(session.signature())
          .ifPresent(difference -> {
            throw new Refused(
                "%s: %s; it was put together from files that do not belong together"
                    .formatted(name, difference));
          });
      if (contents.golden() != null) contents.golden().replay(name, session::run);
      return session;
    } catch (RuntimeException | Error e) {
      session.close();
      throw e;
    }
  }

  /** How many sessions are open or being opened. */
  public int sessions() {
    return sessions.size();
  }

  /** The protections that a model lacks, each with what that means, without loading it. */
  public List<String> missing(Digest digest) {
    return startsProcess(digest)
        ? PythonModels.MISSING
        : ModelPackage.read(artifacts, digest).missing();
  }

  /** Refuses what could never answer: loads a package; looks through the files of one in Python. */
  public void verify(String name, Digest digest) {
    if (startsProcess(digest)) PythonFolder.check(called(name), artifacts, digest);
    else load(digest).close();
  }

  /**
   * Whether the folder is a model of MLflow's python_function flavor that has no ONNX model; one
   * that could never answer is refused.
   */
  public boolean isPython(String name, Digest folder) {
    var manifest = artifacts.manifest(folder);
    if (ModelPackage.isPackage(manifest)
        || !MlflowFiles.isPythonAlone(called(name), artifacts, manifest)) return false;
    PythonFolder.check(called(name), artifacts, folder);
    return true;
  }

  private static String called(String name) {
    return "the folder to import as " + name;
  }

  /**
   * Makes a package of an ONNX file. External data and operators from outside ONNX are refused, as
   * is what the runtime cannot load; the file may have up to {@link OnnxFile#LARGEST} bytes.
   * Numbers with a fraction may be missing in its inputs (NaN), nothing else.
   *
   * @param name of the model, for messages
   */
  public Digest importOnnx(String name, Digest file) {
    return sealed("the file to import as " + name, file, "onnx", file);
  }

  /**
   * Makes a package of a folder that MLflow wrote, of flavor onnx; a package made here stays what
   * it is.
   */
  public Digest importFolder(String name, Digest folder) {
    var manifest = artifacts.manifest(folder);
    artifacts.checkFiles(manifest);
    if (ModelPackage.isPackage(manifest)) {
      load(folder).close();
      return folder;
    }
    return sealed(
        called(name), MlflowFiles.model(called(name), artifacts, manifest), "mlflow", folder);
  }

  /** As the other, under the folder's own name. */
  public Digest importFolder(Digest folder) {
    return importFolder(folder.brief(), folder);
  }

  private Digest sealed(String name, Digest model, String kind, Digest source) {
    Signature signature;
    try (var session = session(name, model, OnnxSession.Settings.serving())) {
      signature = session.signature();
    }
    var lock = Json.object();
    lock.putObject(ModelPackage.IMPORTED).put("from", kind).put("source", source.hex());
    return ModelPackage.seal(
        artifacts, new ModelPackage.Contents(model, signature, null, null, lock));
  }

  /**
   * Opens the file after it was looked through; packages are too, since anybody may upload a
   * directory.
   */
  private OnnxSession session(String name, Digest model, OnnxSession.Settings settings) {
    long size = artifacts.size(model);
    if (size > OnnxFile.LARGEST)
      throw new TooLarge(
          "%s: an ONNX file of %d bytes, the limit is %d".formatted(name, size, OnnxFile.LARGEST));
    try (var in = artifacts.open(model)) {
      OnnxFile.check(name, in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return OnnxSession.open(artifacts.file(model), settings);
  }
}
