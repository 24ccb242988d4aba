package io.millrace.models.python;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Expired;
import io.millrace.base.Failure;
import io.millrace.base.Json;
import io.millrace.base.Unavailable;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A loaded Python model that is kept going: its process is pinged while nobody asks it, ended when
 * it takes too much memory or time, and started again when it is gone, after 0.2 seconds at first
 * and twice as long each time, at most 30. Whoever asks meanwhile is told so at once. One that is
 * not to be started again ends for good, and says the last that its process wrote. Thread-safe.
 */
final class PythonWorker implements AutoCloseable {
  private static final Logger LOG = System.getLogger(PythonWorker.class.getName());
  private static final Duration TICK = Duration.ofSeconds(1);
  private static final int TICKS_BETWEEN_PINGS = 5;
  private static final Duration PING = Duration.ofSeconds(5);
  private static final Duration FIRST_WAIT = Duration.ofMillis(200);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  /** One that lived as long is started again without a wait. */
  private static final Duration STEADY = Duration.ofMinutes(1);

  private final String name;
  private final Supplier<PythonChild> starting;
  private final long memory;
  private final boolean again;

  /** Held by whoever asks the child. */
  private final ReentrantLock turn = new ReentrantLock(true);

  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile PythonChild child;
  private volatile @Nullable String down;

  /**
   * @param starting starts a child and loads its model
   * @param again whether it is started again when it ends
   */
  PythonWorker(String name, Supplier<PythonChild> starting, long memory, boolean again) {
    this.name = name;
    this.starting = starting;
    this.memory = memory;
    this.again = again;
    this.child = starting.get();
    Thread.ofVirtual().name("python " + name).start(this::watch);
  }

  /** Why it cannot answer now. */
  Optional<String> obstacle() {
    var reason = down;
    var asked = child;
    if (reason == null && !asked.isAlive()) reason = ended(asked);
    return Optional.ofNullable(reason);
  }

  private String ended(PythonChild child) {
    var reason = "the model's Python process " + child.end();
    if (again) return reason + "; it starts again";
    var last = child.lastWords();
    return last.isEmpty() ? reason : reason + "; the last that it wrote:\n" + last;
  }

  /** Asks for predictions in its turn. One who gets no answer in time ends the process. */
  PythonChild.Answer ask(JsonNode header, byte[] body, Duration longest) {
    long end = System.nanoTime() + longest.toNanos();
    if (!takeTurn(longest)) throw late(longest);
    try {
      obstacle()
          .ifPresent(reason -> {
            throw new Unavailable(reason);
          });
      var asked = child;
      try {
        return asked.ask(header, body, Duration.ofNanos(Math.max(1, end - System.nanoTime())));
      } catch (TimeoutException e) {
        asked.kill("gave no answer within %d ms and was ended".formatted(longest.toMillis()));
        throw late(longest);
      } catch (Unavailable e) {
        if (again || asked.isAlive()) throw e;
        throw new Unavailable(ended(asked));
      }
    } finally {
      turn.unlock();
    }
  }

  private boolean takeTurn(Duration longest) {
    try {
      return turn.tryLock(longest.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("the server stops");
    }
  }

  private Expired late(Duration longest) {
    return new Expired(
        again
            ? "the model gave no answer within the %d ms that its endpoint allows: its Python process was ended and starts again"
                .formatted(longest.toMillis())
            : "the model gave no answer to its rows within %d s: its Python process was ended"
                .formatted(longest.toSeconds()));
  }

  private void watch() {
    var wait = FIRST_WAIT;
    while (true) {
      var watched = child;
      long began = System.nanoTime();
      for (int tick = 1; !watched.awaitEnd(TICK); tick++) {
        if (watched.memory() > memory)
          watched.kill(
              "took more memory than the %d MiB that %s allows, and was ended"
                  .formatted(memory >> 20, PythonSettings.MEMORY));
        else if (tick % TICKS_BETWEEN_PINGS == 0) ping(watched);
      }
      if (closing.getCount() == 0) return;
      if (System.nanoTime() - began > STEADY.toNanos()) wait = FIRST_WAIT;
      down = ended(watched);
      LOG.log(
          Level.WARNING,
          "python=%s pid=%d %s; the last that it wrote:\n%s"
              .formatted(name, watched.pid(), watched.end(), watched.said()));
      watched.close();
      if (!again) return;
      while (true) {
        if (closed(wait)) return;
        wait =
            wait.multipliedBy(2).compareTo(LONGEST_WAIT) < 0 ? wait.multipliedBy(2) : LONGEST_WAIT;
        if (restarted(wait)) break;
      }
      if (closing.getCount() == 0) {
        child.close();
        return;
      }
    }
  }

  private boolean restarted(Duration wait) {
    try {
      child = starting.get();
      down = null;
      LOG.log(Level.INFO, "python=%s pid=%d serves again".formatted(name, child.pid()));
      return true;
    } catch (Failure e) {
      down =
          "the model's Python process could not be started again (%s); the next try is in %.1f s"
              .formatted(e.getMessage(), wait.toMillis() / 1e3);
      return false;
    }
  }

  private boolean closed(Duration wait) {
    try {
      return closing.await(wait.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  private void ping(PythonChild watched) {
    if (!turn.tryLock()) return;
    try {
      var _ = watched.ask(Json.object().put("op", "ping"), new byte[0], PING);
    } catch (TimeoutException e) {
      watched.kill("did not answer a ping within %d s and was ended".formatted(PING.toSeconds()));
    } catch (Unavailable e) {
      // It has ended, which is seen next.
    } finally {
      turn.unlock();
    }
  }

  @Override
  public void close() {
    closing.countDown();
    child.close();
  }
}
