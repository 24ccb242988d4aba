package io.millrace.serving.explanations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Expired;
import io.millrace.base.InvalidInput;
import io.millrace.base.Overloaded;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Explanations have a few threads, a bounded line and a deadline. */
class WorkersTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  @Test
  void whatComesTooLateIsInterrupted() throws InterruptedException {
    try (var workers = new Workers()) {
      var interrupted = new CountDownLatch(1);
      assertThatThrownBy(() ->
              workers.run(
                  Duration.ofMillis(20),
                  () -> {
                    try {
                      return new Semaphore(0).tryAcquire(30, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                      interrupted.countDown();
                      throw e;
                    }
                  }))
          .isInstanceOf(Expired.class)
          .hasMessageContaining("was not there within 20 ms");
      assertThat(interrupted.await(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void beyondTheLineMoreIsRefused() throws InterruptedException {
    try (var workers = new Workers()) {
      var release = new Semaphore(0);
      var all = new ArrayList<Thread>();
      var refused = new Semaphore(0);
      int most = Workers.THREADS + Workers.WAITING;
      for (int i = 0; i < most + 5; i++)
        all.add(
            Thread.ofVirtual()
                .start(() -> {
                  try {
                    workers.run(
                        LONG,
                        () -> {
                          release.acquire();
                          return true;
                        });
                  } catch (Overloaded e) {
                    refused.release();
                  }
                }));
      assertThat(refused.tryAcquire(5, 30, TimeUnit.SECONDS)).isTrue();
      release.release(most);
      for (var thread : all) thread.join();
      assertThat(refused.availablePermits()).isZero();
    }
  }

  @Test
  void failuresAreThoseOfTheWork() {
    try (var workers = new Workers()) {
      assertThatThrownBy(() ->
              workers.run(
                  LONG,
                  () -> {
                    throw new InvalidInput("no");
                  }))
          .isInstanceOf(InvalidInput.class)
          .hasMessage("no");
    }
  }
}
