package io.millrace.artifacts;

import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.Futures;
import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.base.TooLarge;
import io.millrace.base.Transaction;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Files that come in parts: in any order, each as often as its sender likes, over restarts of the
 * server, and named files only once they are whole. Owns tables upload and upload_part.
 * Thread-safe.
 */
public final class Uploads implements References {
  /** The most parts of one upload. */
  public static final int MOST_PARTS = 10_000;

  private static final int MOST_OPEN = 1_000;

  /** How long an upload is kept that nobody sends parts for. */
  static final Duration KEPT = Duration.ofDays(7);

  private final Database database;
  private final Artifacts artifacts;
  private final FileTree files;
  private final long largest;
  private final Clock clock;
  private final UploadStore store = new UploadStore();
  private final SecureRandom random = new SecureRandom();
  private final Map<String, CompletableFuture<Digest>> completing = new ConcurrentHashMap<>();

  /**
   * @param largest the most bytes of a whole file
   */
  public Uploads(
      Database database, Artifacts artifacts, FileTree files, long largest, Clock clock) {
    this.database = database;
    this.artifacts = artifacts;
    this.files = files;
    this.largest = largest;
    this.clock = clock;
  }

  /** A part as its sender names it when the upload is completed. */
  public record Sent(int number, Digest digest) {}

  /** Begins an upload; no parts at all make an empty file. */
  public Upload begin(String path, int parts) {
    if (parts < 0 || parts > MOST_PARTS)
      throw new InvalidInput("number of parts", parts, "0 to %,d".formatted(MOST_PARTS));
    var id = new byte[16];
    random.nextBytes(id);
    var upload = new Upload(HexFormat.of().formatHex(id), path, parts, new TreeMap<>());
    database.writing(tx -> {
      files.checkPlace(tx, path);
      dropStale(tx);
      if (store.count(tx) >= MOST_OPEN)
        throw new Conflict(
            "there are %,d unfinished uploads already; complete or abort one first"
                .formatted(MOST_OPEN));
      store.insert(tx, upload, clock.instant());
    });
    return upload;
  }

  /** The upload of that id. */
  public Upload upload(String id) {
    return database.read(s -> upload(s, id));
  }

  private Upload upload(Snapshot s, String id) {
    return store.find(s, id).orElseThrow(() -> new NotFound("unfinished upload", id));
  }

  /** Takes a part, in place of what came under its number before; durable once this returns. */
  public Digest part(String id, int number, InputStream content) {
    int parts = upload(id).parts();
    if (number < 1 || number > parts)
      throw new InvalidInput(
          "number of a part",
          number,
          parts == 0 ? "none: the upload has no parts" : "1 to %,d".formatted(parts));
    var digest = artifacts.put(content);
    var part = new Entry(digest, artifacts.size(digest));
    database.writing(tx -> {
      upload(tx, id);
      checkSize(store.sizeBeside(tx, id, number) + part.size());
      store.replacePart(tx, id, number, part);
      store.touch(tx, id, clock.instant());
    });
    return digest;
  }

  /**
   * Makes the parts one file, durable once this returns, and forgets the upload. A caller who asks
   * again meanwhile waits for the first.
   *
   * @param sent all parts in their order, with the digests of what was sent
   */
  public Digest complete(String id, String path, List<Sent> sent) {
    var upload = owned(id, path);
    check(upload, sent);
    var mine = new CompletableFuture<Digest>();
    var first = completing.putIfAbsent(id, mine);
    if (first != null) return Futures.join(first);
    try {
      mine.complete(join(upload));
    } catch (RuntimeException | Error e) {
      mine.completeExceptionally(e);
    } finally {
      completing.remove(id);
    }
    return Futures.join(mine);
  }

  /** Forgets the upload and what was sent. */
  public void abort(String id, String path) {
    owned(id, path);
    database.writing(tx -> store.delete(tx, id));
  }

  private Upload owned(String id, String path) {
    var upload = upload(id);
    if (!upload.path().equals(path))
      throw new InvalidInput(
          "path", path, "that of upload %s, \"%s\"".formatted(id, upload.path()));
    return upload;
  }

  private void check(Upload upload, List<Sent> sent) {
    if (sent.size() != upload.parts())
      throw new InvalidInput(
          "number of parts", sent.size(), "%,d, as the upload was begun".formatted(upload.parts()));
    for (int i = 0; i < sent.size(); i++) {
      var part = sent.get(i);
      if (part.number() != i + 1)
        throw new InvalidInput(
            "part at place " + (i + 1),
            part.number(),
            "part %d: each part once, in ascending order".formatted(i + 1));
      var here = upload.here().get(part.number());
      if (here == null)
        throw new InvalidInput("part %d is not here: send it first".formatted(part.number()));
      if (!here.digest().equals(part.digest()))
        throw new InvalidInput("etag of part " + part.number(), part.digest(), here.digest().hex());
    }
    checkSize(size(upload));
  }

  private static long size(Upload upload) {
    return upload.here().values().stream().mapToLong(Entry::size).sum();
  }

  private void checkSize(long size) {
    if (size > largest)
      throw new TooLarge(
          "the parts have %,d bytes together, and a file may have %,d".formatted(size, largest));
  }

  private Digest join(Upload upload) {
    var parts = upload.here().values().stream().map(Entry::digest).toList();
    Digest whole;
    try (var in = new JoinedStream(artifacts, parts)) {
      whole = artifacts.put(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    database.writing(tx -> {
      if (!upload(tx, upload.id()).equals(upload))
        throw new Conflict(
            "a part of upload %s was sent again while it was completed; complete it again"
                .formatted(upload.id()));
      files.put(tx, upload.path(), whole, size(upload));
      store.delete(tx, upload.id());
    });
    return whole;
  }

  /** Forgets the uploads that nobody went on with for long; says how many. */
  public int dropStale() {
    return database.write(this::dropStale);
  }

  private int dropStale(Transaction tx) {
    return store.deleteBefore(tx, clock.instant().minus(KEPT));
  }

  /** How many uploads {@link #dropStale} would forget. */
  public int stale() {
    return database.read(s -> store.countBefore(s, clock.instant().minus(KEPT)));
  }

  @Override
  public Collection<Digest> held(Snapshot s) {
    return store.held(s);
  }
}
