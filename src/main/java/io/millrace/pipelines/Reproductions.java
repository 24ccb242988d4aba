package io.millrace.pipelines;

import io.millrace.base.Conflict;
import io.millrace.base.Futures;
import io.millrace.base.NotFound;
import io.millrace.base.Unavailable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;

/**
 * Does the work of steps again, to see whether it comes to the same. The cache is not asked, no
 * effect is applied, and nothing is written but blobs. Thread-safe; one at a time.
 */
public final class Reproductions {
  /** The relative difference up to which two metrics count as equal. */
  public static final double TOLERANCE = 1e-6;

  private final Engine engine;
  private final Semaphore one = new Semaphore(1);

  public Reproductions(Pipelines pipelines) {
    this.engine = pipelines.engine();
  }

  /**
   * Does again all that the step of that run needed, the step itself left out; returns when that is
   * done.
   *
   * @throws Conflict if what went in then is not here any more
   */
  public Reproduction reproduce(String run, String step) {
    if (!one.tryAcquire())
      throw new Unavailable("another reproduction goes on; ask again when it has ended");
    try {
      var found =
          engine.database.read(
              s -> engine.runs.find(s, run).orElseThrow(() -> new NotFound("pipeline run", run)));
      return inOwnThread(new StepReplay(engine, found, step));
    } finally {
      one.release();
    }
  }

  /** Native code would hold the carrier of a virtual thread. */
  private static Reproduction inOwnThread(StepReplay replay) {
    var result = new CompletableFuture<Reproduction>();
    Thread.ofPlatform()
        .daemon()
        .name("reproduction")
        .start(() -> {
          try {
            result.complete(replay.replay());
          } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
          } catch (Exception e) {
            result.completeExceptionally(new IllegalStateException(e));
          }
        });
    return Futures.join(result);
  }
}
