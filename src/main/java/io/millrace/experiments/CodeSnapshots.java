package io.millrace.experiments;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Entry;
import io.millrace.artifacts.FileTree;
import io.millrace.artifacts.Manifest;
import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.base.Refused;
import io.millrace.base.TooLarge;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The code that made a run, as files of the run below {@code code/}; equal files are stored once.
 * What looks like a secret is refused, since everyone who sees the run would see it. Thread-safe.
 */
public final class CodeSnapshots {
  /** The folder of a run's files that holds its code. */
  public static final String FOLDER = "code";

  /** The tag that holds the digest of all the code, so that runs of equal code are found. */
  public static final String TAG = "millrace.code";

  private static final String COMMIT = "mlflow.source.git.commit";
  private static final int MOST_FILES = 1_000;
  private static final int LARGEST = 1 << 20;
  private static final int LARGEST_ALL = 16 << 20;

  private static final Set<String> SECRET_NAMES =
      Set.of(
          ".netrc",
          "_netrc",
          ".pgpass",
          ".pypirc",
          ".npmrc",
          ".htpasswd",
          ".git-credentials",
          "credentials",
          "credentials.json",
          "secrets.yaml",
          "secrets.yml",
          "secrets.json",
          "secrets.toml",
          "id_rsa",
          "id_dsa",
          "id_ecdsa",
          "id_ed25519");
  private static final Set<String> SECRET_FOLDERS = Set.of(".git", ".ssh", ".aws", ".gnupg");
  private static final Set<String> SECRET_ENDINGS =
      Set.of("pem", "key", "p12", "pfx", "jks", "keystore", "kdbx");
  private static final Set<String> HARMLESS =
      Set.of(".env.example", ".env.sample", ".env.template");
  private static final Pattern PRIVATE_KEY = Pattern.compile("-----BEGIN [A-Z ]*PRIVATE KEY-----");

  private final Database database;
  private final Artifacts artifacts;
  private final FileTree files;
  private final Runs runs;

  public CodeSnapshots(Database database, Artifacts artifacts, FileTree files, Runs runs) {
    this.database = database;
    this.artifacts = artifacts;
    this.files = files;
    this.runs = runs;
  }

  /** What was stored; the digest is that of all paths and contents. */
  public record Stored(Digest digest, int files, long bytes) {}

  /**
   * Keeps the code of a run.
   *
   * @param texts content by path
   * @param blobs digests of uploaded files, by path
   * @param commit of the repository it is from, noted where the run has none yet
   * @param replace whether other code that the run has already is let go
   */
  public Stored store(
      RunId id,
      Map<String, String> texts,
      Map<String, Digest> blobs,
      @Nullable String commit,
      boolean replace) {
    if (texts.isEmpty() && blobs.isEmpty())
      throw new InvalidInput("the snapshot is empty; expected {\"files\": {PATH: TEXT}}");
    if (texts.size() + blobs.size() > MOST_FILES)
      throw new TooLarge(
          "the snapshot has %,d files, and may have %,d: leave out what is no code"
              .formatted(texts.size() + blobs.size(), MOST_FILES));
    var entries = new TreeMap<String, Entry>();
    long bytes = 0;
    for (var blob : blobs.entrySet()) {
      checkPath(blob.getKey());
      var digest = blob.getValue();
      if (!artifacts.contains(digest))
        throw new NotFound(
            "blob", digest, "upload %s before its snapshot".formatted(blob.getKey()));
      checkSize(blob.getKey(), artifacts.size(digest));
      checkText(blob.getKey(), artifacts.bytes(digest, LARGEST));
      bytes += artifacts.size(digest);
      entries.put(blob.getKey(), new Entry(digest, artifacts.size(digest)));
    }
    var contents = new TreeMap<String, byte[]>();
    for (var text : texts.entrySet()) {
      checkPath(text.getKey());
      var content = text.getValue().getBytes(StandardCharsets.UTF_8);
      checkSize(text.getKey(), content.length);
      checkText(text.getKey(), content);
      bytes += content.length;
      if (entries.put(text.getKey(), new Entry(Digest.of(content), content.length)) != null)
        throw new InvalidInput("\"%s\" is there as a text and as a blob".formatted(text.getKey()));
      contents.put(text.getKey(), content);
    }
    if (bytes > LARGEST_ALL)
      throw new TooLarge(
          "the snapshot has %,d bytes, and may have %,d: leave out what is no code"
              .formatted(bytes, LARGEST_ALL));
    // Checks that no path is both a file and a folder.
    var manifest = Manifest.of(entries);
    database.read(s -> runs.activeRun(s, id));
    contents.values().forEach(artifacts::put);
    write(id, manifest, commit, replace);
    return new Stored(manifest.digest(), entries.size(), bytes);
  }

  private void write(RunId id, Manifest manifest, @Nullable String commit, boolean replace) {
    var data = runs.data(id);
    database.writing(tx -> {
      var run = runs.activeRun(tx, id);
      var folder = root(run) + "/" + FOLDER;
      var standing = files.manifest(tx, folder);
      if (standing.equals(manifest)) return;
      if (!standing.entries().isEmpty() && !replace)
        throw new Conflict(
            "run %s has other files below %s/ already: say replace to let them go"
                .formatted(id, FOLDER));
      files.delete(tx, folder);
      manifest
          .entries()
          .forEach(
              (path, entry) -> files.put(tx, folder + "/" + path, entry.digest(), entry.size()));
      var tags = new TreeMap<>(Map.of(TAG, manifest.digest().hex()));
      if (commit != null && !data.tags().containsKey(COMMIT)) tags.put(COMMIT, commit);
      runs.log(tx, id, Map.of(), null, tags);
    });
  }

  private static String root(Run run) {
    return ArtifactRoot.path(run.artifacts())
        .orElseThrow(() -> new InvalidInput("the run's files lie elsewhere: " + run.artifacts()));
  }

  private static void checkSize(String path, long bytes) {
    if (bytes > LARGEST)
      throw new TooLarge(
          "\"%s\" has %,d bytes, and a file of code may have %,d: leave it out"
              .formatted(path, bytes, LARGEST));
  }

  private static void checkText(String path, byte[] content) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (CharacterCodingException e) {
      throw new InvalidInput("\"%s\" is no text in UTF-8: leave it out".formatted(path));
    }
    if (text.indexOf('\0') >= 0)
      throw new InvalidInput("\"%s\" is no text, it has zero bytes: leave it out".formatted(path));
    if (PRIVATE_KEY.matcher(text).find()) throw secret(path, "holds a private key");
  }

  private static void checkPath(String path) {
    Manifest.check(path);
    var parts = path.split("/");
    for (int i = 0; i < parts.length - 1; i++)
      if (SECRET_FOLDERS.contains(parts[i].toLowerCase(Locale.ROOT)))
        throw secret(path, "lies in %s, where secrets are".formatted(parts[i]));
    var name = parts[parts.length - 1].toLowerCase(Locale.ROOT);
    var ending = name.substring(name.lastIndexOf('.') + 1);
    boolean environment =
        (name.equals(".env") || name.startsWith(".env.")) && !HARMLESS.contains(name);
    if (environment
        || SECRET_NAMES.contains(name)
        || name.contains(".") && SECRET_ENDINGS.contains(ending))
      throw secret(path, "looks like a file of secrets");
  }

  private static Refused secret(String path, String why) {
    return new Refused(
        "\"%s\" %s, which everyone who sees the run would see: leave it out".formatted(path, why));
  }
}
