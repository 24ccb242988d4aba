package io.millrace.data;

import io.millrace.base.Unavailable;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;

/**
 * The engines of a server: a few at once, since each may take its full memory; whoever comes later
 * waits in line. Who holds one must not ask for another, nor ask for one inside a write of the
 * database, since those who hold one write too. Thread-safe.
 */
final class Engines {
  static final int MOST = 4;

  private final Engine.Settings settings;
  private final Semaphore free = new Semaphore(MOST, true);

  Engines(Engine.Settings settings) {
    this.settings = settings;
  }

  Engine open() {
    return open(settings.threads());
  }

  /**
   * @param threads 1 where equal inputs are to give equal bytes
   */
  Engine open(int threads) {
    return open(threads, List.of());
  }

  /**
   * @param more folders that it may read beside those of all
   */
  Engine open(int threads, List<Path> more) {
    try {
      free.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted while it waited for one of %d engines".formatted(MOST));
    }
    try {
      return Engine.open(settings.withThreads(threads).withReadable(more), free::release);
    } catch (RuntimeException | Error e) {
      free.release();
      throw e;
    }
  }
}
