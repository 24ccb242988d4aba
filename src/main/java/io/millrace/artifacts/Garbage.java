package io.millrace.artifacts;

import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Deletes blobs that nobody refers to, and uploads that nobody goes on with. Thread-safe; one
 * collection runs at a time, beside everything else.
 *
 * <p>Why nothing is lost: whoever is about to refer to a blob has put it, or asked for it, through
 * {@link Artifacts}, which makes the blob young under a lock; a blob goes only if, under the same
 * lock, it is old. So a reference that is missing in what was held at the beginning is to a blob
 * that is young, or was put again after it went, as long as it is committed within the age, less
 * {@link Artifacts#FRESH}, of the last time that its writer asked for the blob.
 */
public final class Garbage {
  private static final Logger LOG = System.getLogger(Garbage.class.getName());

  /** The age from which a blob that nobody refers to may go. */
  public static final Duration AGE = Duration.ofHours(24);

  private static final Duration LEAST_AGE = Duration.ofHours(2);

  private final Database database;
  private final Artifacts artifacts;
  private final Uploads uploads;
  private final List<References> references;
  private final ReentrantLock running = new ReentrantLock();

  /**
   * @param references everybody who keeps digests: what one forgets to name is deleted
   */
  public Garbage(
      Database database, Artifacts artifacts, Uploads uploads, List<References> references) {
    this.database = database;
    this.artifacts = artifacts;
    this.uploads = uploads;
    this.references = List.copyOf(references);
  }

  public List<References> references() {
    return references;
  }

  /** What {@link #collect} would delete. */
  public Collected find(Duration age) {
    return sweep(age, false).withUploads(uploads.stale());
  }

  /**
   * Deletes the blobs that nobody refers to and nobody put or asked for within the age.
   *
   * @throws Conflict if a collection is under way, or a blob that somebody refers to is missing
   */
  public Collected collect(Duration age) {
    int dropped = uploads.dropStale();
    var collected = sweep(age, true).withUploads(dropped);
    LOG.log(
        Level.INFO,
        "blobs=%d bytes=%d uploads=%d collected"
            .formatted(collected.blobs(), collected.bytes(), dropped));
    return collected;
  }

  private Collected sweep(Duration age, boolean delete) {
    if (age.compareTo(LEAST_AGE) < 0) throw new InvalidInput("age", age, "at least " + LEAST_AGE);
    if (!running.tryLock()) throw new Conflict("a collection is under way: wait until it ends");
    try {
      return artifacts.sweep(() -> References.held(database, references), age, delete);
    } finally {
      running.unlock();
    }
  }
}
