package io.millrace.models;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Entry;
import io.millrace.artifacts.Manifest;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A sealed model: a directory that MLflow reads as a model of its onnx flavor, with what is needed
 * to serve and watch it. It holds no clock and no run id, so that equal contents give an equal
 * digest.
 *
 * <pre>
 * MLmodel, requirements.txt, python_env.yaml, conda.yaml   for MLflow
 * model.onnx       from raw columns to predictions
 * signature.json   inputs and outputs
 * reference.json   statistics of every input and of the score in the training data
 * golden.json      rows with the training library's answers
 * lock.json        what it was made from
 * </pre>
 */
public record ModelPackage(
    Digest digest,
    Digest model,
    Signature signature,
    @Nullable JsonNode reference,
    @Nullable Golden golden,
    JsonNode lock) {
  static final String MODEL = "model.onnx";
  static final String SIGNATURE = "signature.json";
  static final String FORMAT = "millrace-model-1";
  private static final String REFERENCE = "reference.json";
  private static final String GOLDEN = "golden.json";
  private static final String LOCK = "lock.json";

  /** The key in the lock of a model that was not made here. */
  static final String IMPORTED = "imported";

  private static final long LARGEST_PART = 64L << 20;

  /**
   * What a package is made of.
   *
   * @param model the digest of the ONNX file's blob
   * @param reference what {@link Reference} computes
   * @param lock what it was made from: at least "label" and "objective" where it was trained here;
   *     no clock, no run id
   */
  public record Contents(
      Digest model,
      Signature signature,
      @Nullable JsonNode reference,
      @Nullable Golden golden,
      JsonNode lock) {}

  /** Writes the package and returns its digest. Equal contents give equal bytes. */
  public static Digest seal(Artifacts artifacts, Contents contents) {
    var entries = new TreeMap<String, Entry>();
    entries.put(MODEL, new Entry(contents.model(), artifacts.size(contents.model())));
    var signature = (ObjectNode) Json.tree(contents.signature());
    put(artifacts, entries, SIGNATURE, text(signature.put("format", FORMAT)));
    if (contents.reference() != null)
      put(artifacts, entries, REFERENCE, text(contents.reference()));
    if (contents.golden() != null) put(artifacts, entries, GOLDEN, text(contents.golden().json()));
    put(artifacts, entries, LOCK, text(contents.lock()));
    MlflowFiles.of(contents.signature())
        .forEach((path, file) -> put(artifacts, entries, path, file));
    return artifacts.put(new Manifest(entries));
  }

  /** Writes the model's bytes and the package around them. */
  public static Digest seal(
      Artifacts artifacts,
      byte[] model,
      Signature signature,
      @Nullable JsonNode reference,
      @Nullable Golden golden,
      JsonNode lock) {
    return seal(artifacts, new Contents(artifacts.put(model), signature, reference, golden, lock));
  }

  /** Reads everything but the model itself. */
  public static ModelPackage read(Artifacts artifacts, Digest digest) {
    var manifest = artifacts.manifest(digest);
    if (!isPackage(manifest)) {
      throw new InvalidInput(
          "%s is no model package: it has no %s and %s; import ONNX files and MLflow folders first"
              .formatted(digest.brief(), MODEL, SIGNATURE));
    }
    var written = part(artifacts, manifest, SIGNATURE).orElseThrow();
    var format = written.path("format").asText();
    if (!format.equals(FORMAT))
      throw new InvalidInput("format of model package " + digest.brief(), format, FORMAT);
    var signature = Json.convert(((ObjectNode) written).without("format"), Signature.class);
    return new ModelPackage(
        digest,
        manifest.entry(MODEL).digest(),
        signature,
        part(artifacts, manifest, REFERENCE).orElse(null),
        part(artifacts, manifest, GOLDEN).map(Golden::read).orElse(null),
        part(artifacts, manifest, LOCK).orElse(Json.object()));
  }

  static boolean isPackage(Manifest manifest) {
    return manifest.entries().containsKey(MODEL) && manifest.entries().containsKey(SIGNATURE);
  }

  /** The column that it predicts, where the lock says so. */
  public Optional<String> label() {
    return Optional.ofNullable(lock.get("label")).map(JsonNode::asText);
  }

  /** The protections that it lacks, each with what that means; empty for models trained here. */
  public List<String> missing() {
    var missing = new ArrayList<String>();
    if (golden == null)
      missing.add(
          "golden rows: a load cannot be checked against the answers of the training library");
    if (reference == null)
      missing.add(
          "reference statistics: drift of inputs and score cannot be measured against the training data");
    if (lock.isEmpty() || lock.has(IMPORTED))
      missing.add("lock: the data, code and parameters that it was made from are not known");
    return missing;
  }

  private static Optional<JsonNode> part(Artifacts artifacts, Manifest manifest, String path) {
    if (!manifest.entries().containsKey(path)) return Optional.empty();
    try {
      return Optional.of(
          Json.read(artifacts.bytes(manifest.entry(path).digest(), LARGEST_PART), JsonNode.class));
    } catch (InvalidInput e) {
      throw new InvalidInput("%s of the model package: %s".formatted(path, e.getMessage()));
    }
  }

  private static String text(JsonNode json) {
    return Json.canonical(json) + "\n";
  }

  private static void put(
      Artifacts artifacts, TreeMap<String, Entry> entries, String path, String text) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    entries.put(path, new Entry(artifacts.put(bytes), bytes.length));
  }
}
