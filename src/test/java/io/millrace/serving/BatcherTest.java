package io.millrace.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.base.Expired;
import io.millrace.base.Futures;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Overloaded;
import io.millrace.models.DataType;
import io.millrace.models.Tensor;
import io.millrace.registry.ModelName;
import io.millrace.registry.VersionId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BatcherTest {
  private static final EndpointName NAME = new EndpointName("doubling");
  private static final VersionId VERSION = new VersionId(new ModelName("doubling"), 1);
  private static final Duration LONG = Duration.ofMinutes(10);

  private final Crew crew = new Crew();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final EndpointMeters meters = new EndpointMeters.All(registry).of(NAME, VERSION);
  private final Doubling model = new Doubling();

  @AfterEach
  void close() {
    model.allowed.release(1_000_000);
    crew.close();
  }

  /** Gives 2x for x, as soon as it is let; refuses negative numbers. */
  private static final class Doubling implements Batcher.Computation {
    final Semaphore allowed = new Semaphore(0);
    final AtomicInteger begun = new AtomicInteger();

    /** The rows of each call that answered. */
    final List<Integer> calls = new CopyOnWriteArrayList<>();

    @Override
    public List<Tensor> run(List<Tensor> inputs, Set<String> outputs) {
      begun.incrementAndGet();
      allowed.acquireUninterruptibly();
      var x = inputs.getFirst();
      var y = new float[x.size()];
      for (int i = 0; i < y.length; i++) {
        if (x.floats()[i] < 0) throw new InvalidInput("the model refused the input: negative");
        y[i] = 2 * x.floats()[i];
      }
      calls.add((int) x.rows());
      return List.of(new Tensor("y", DataType.FP32, x.shape(), y));
    }
  }

  private Batcher batcher(String settings) {
    return batcher(model, settings, new Cost(1, 1_000_000, 11, 2_000_000));
  }

  private Batcher batcher(Batcher.Computation computation, String settings, Cost cost) {
    return new Batcher(
        NAME,
        computation,
        EndpointSettings.of(Json.parse(settings.replace('\'', '"'))),
        new WarmUp("golden", Duration.ofMillis(1), cost, Long.MAX_VALUE, null),
        meters,
        crew);
  }

  private static Pending request(Duration timeout, float... x) {
    long now = System.nanoTime();
    return new Pending(List.of(Tensor.of("x", x)), Set.of(), now, now + timeout.toNanos());
  }

  private static float[] answer(Pending pending) {
    return Futures.join(pending.orTimeout(30, TimeUnit.SECONDS)).getFirst().floats();
  }

  private static void until(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited for 30 s").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  /** Submits a request and waits until the model is at it. */
  private Pending busy(Batcher batcher) {
    int before = model.begun.get();
    var pending = batcher.submit(request(LONG, 1));
    until(() -> model.begun.get() == before + 1);
    return pending;
  }

  private double counted(String outcome) {
    return registry.get("millrace.requests").tag("outcome", outcome).counter().count();
  }

  @Test
  void anIdleModelIsAskedAtOnceForOneRequestAlone() {
    var batcher = batcher("{'concurrency': 1}");
    model.allowed.release(3);
    for (int i = 0; i < 3; i++)
      assertThat(answer(batcher.submit(request(LONG, i, i)))).containsExactly(2 * i, 2 * i);
    assertThat(model.calls).containsExactly(2, 2, 2);
  }

  @Test
  void whatWaitsWhileTheModelIsBusySharesItsNextCall() {
    var batcher = batcher("{'concurrency': 1}");
    var first = busy(batcher);
    var others =
        List.of(
            batcher.submit(request(LONG, 3)),
            batcher.submit(request(LONG, 4, 5)),
            batcher.submit(request(LONG, 6, 7, 8)));
    model.allowed.release(2);
    assertThat(answer(first)).containsExactly(2);
    assertThat(answer(others.get(0))).containsExactly(6);
    assertThat(answer(others.get(1))).containsExactly(8, 10);
    assertThat(answer(others.get(2))).containsExactly(12, 14, 16);
    assertThat(model.calls).containsExactly(1, 6);
    assertThat(counted("ok")).isEqualTo(4);
    var statistics = meters.statistics();
    assertThat(statistics.inferences()).isEqualTo(7);
    assertThat(statistics.executions()).isEqualTo(2);
    assertThat(statistics.queue().count()).isEqualTo(4);
    assertThat(statistics.queue().nanos()).isPositive();
    assertThat(statistics.batches())
        .extracting(ServingStatistics.Batch::rows)
        .containsExactly(1L, 6L);
  }

  @Test
  void onlyRequestsThatFitShareACall() {
    var batcher = batcher("{'concurrency': 1}");
    var _ = busy(batcher);
    long now = System.nanoTime();
    long end = now + LONG.toNanos();
    var wide = new Tensor("x", DataType.FP32, new long[] {1, 2}, new float[] {1, 2});
    var waiting =
        List.of(
            batcher.submit(request(LONG, 1)),
            batcher.submit(new Pending(List.of(wide), Set.of(), now, end)),
            batcher.submit(new Pending(List.of(Tensor.of("x", 1f)), Set.of("y"), now, end)),
            batcher.submit(new Pending(List.of(wide), Set.of(), now, end)),
            batcher.submit(request(LONG, 1)));
    model.allowed.release(10);
    for (var pending : waiting) answer(pending);
    assertThat(model.calls).containsExactly(1, 2, 2, 1);
  }

  @Test
  void aCallHasNoMoreRowsThanTheSettingAllows() {
    var batcher = batcher("{'concurrency': 1, 'batch': 4}");
    var _ = busy(batcher);
    var waiting = new ArrayList<Pending>();
    for (int rows : new int[] {3, 2, 1, 9, 2})
      waiting.add(batcher.submit(request(LONG, new float[rows])));
    model.allowed.release(10);
    for (var pending : waiting) answer(pending);
    assertThat(model.calls).containsExactly(1, 4, 4, 9);
  }

  @Test
  void theLatencyObjectiveBoundsTheRowsOfACall() {
    // 0.9 ms and 0.1 ms a row: half of 20 ms hold 91 rows.
    assertThat(batcher("{'p99': '20ms'}").mostRows()).isEqualTo(91);
    assertThat(batcher("{'p99': '1ms'}").mostRows()).isEqualTo(1);
    assertThat(batcher("{}").mostRows()).isEqualTo(256);
    assertThat(batcher("{'batch': 1}").apart()).contains("the setting batch is 1");
  }

  @Test
  void aRequestThatTheModelRefusesFailsAlone() {
    var batcher = batcher("{'concurrency': 1}");
    var _ = busy(batcher);
    var waiting = new ArrayList<Pending>();
    for (int i = 0; i < 9; i++) waiting.add(batcher.submit(request(LONG, i == 5 ? -1 : i)));
    model.allowed.release(100);
    for (int i = 0; i < 9; i++) {
      var pending = waiting.get(i);
      if (i == 5)
        assertThatThrownBy(() -> answer(pending))
            .isInstanceOf(InvalidInput.class)
            .hasMessage("the model refused the input: negative");
      else assertThat(answer(pending)).containsExactly(2 * i);
    }
    assertThat(counted("invalid")).isEqualTo(1);
  }

  @Test
  void aFullLineRefusesAtOnceAndSaysWhenToComeAgain() {
    var batcher = batcher("{'concurrency': 1, 'queue': 2}");
    var _ = busy(batcher);
    var waiting = List.of(batcher.submit(request(LONG, 1)), batcher.submit(request(LONG, 2)));
    var refused = batcher.submit(request(LONG, 3));
    assertThat(refused).isCompletedExceptionally();
    assertThatThrownBy(() -> answer(refused))
        .isInstanceOf(Overloaded.class)
        .hasMessage(
            "endpoint doubling has 2 requests waiting, which is its limit: try again later, or set its queue higher")
        .satisfies(e -> assertThat(((Overloaded) e).retryAfterSeconds()).isEqualTo(1));
    model.allowed.release(10);
    for (var pending : waiting) answer(pending);
    assertThat(counted("rejected")).isEqualTo(1);
  }

  @Test
  void whatCannotBeAnsweredInTimeIsRefusedWhenItComes() {
    var batcher = batcher("{'concurrency': 1, 'batch': 1}");
    var _ = busy(batcher);
    var waiting = new ArrayList<Pending>();
    for (int i = 0; i < 50; i++) waiting.add(batcher.submit(request(LONG, i)));
    assertThatThrownBy(() -> answer(batcher.submit(request(Duration.ofMillis(20), 1))))
        .isInstanceOf(Overloaded.class)
        .hasMessageContaining("and the request allows");
    assertThat(waiting).noneMatch(Pending::isDone);
  }

  @Test
  void aRequestThatRunsOutOfTimeIsToldSoAndNeverComputed() {
    var batcher = batcher("{'concurrency': 1}");
    var _ = busy(batcher);
    var late = batcher.submit(request(Duration.ofMillis(50), 7));
    assertThatThrownBy(() -> answer(late))
        .isInstanceOf(Expired.class)
        .hasMessage(
            "endpoint doubling had no answer within the 50 ms that the request allows: it was not computed");
    model.allowed.release(10);
    until(() -> model.calls.size() == 1);
    assertThat(answer(batcher.submit(request(LONG, 1)))).containsExactly(2);
    assertThat(model.calls).containsExactly(1, 1);
    assertThat(counted("expired")).isEqualTo(1);
  }

  @Test
  void aCancelledRequestLeavesTheLineAndItsPlace() {
    var batcher = batcher("{'concurrency': 1, 'queue': 1}");
    var _ = busy(batcher);
    var gone = batcher.submit(request(LONG, 7));
    gone.cancel(true);
    var next = batcher.submit(request(LONG, 3));
    model.allowed.release(10);
    assertThat(answer(next)).containsExactly(6);
    assertThat(model.calls).containsExactly(1, 1);
    assertThat(counted("cancelled")).isEqualTo(1);
    assertThat(registry.get("millrace.queue.length").gauge().value()).isZero();
  }

  @Test
  void aSlowModelHoldsUpNoOther() {
    var slow = batcher("{'concurrency': 4}");
    var held = new ArrayList<Pending>();
    for (int i = 0; i < 4; i++) held.add(busy(slow));
    for (int i = 0; i < 500; i++) held.add(slow.submit(request(LONG, i)));
    var other = new Doubling();
    other.allowed.release(100_000);
    var quick = batcher(other, "{'concurrency': 1}", new Cost(1, 1_000_000));
    for (int i = 0; i < 1_000; i++)
      assertThat(answer(quick.submit(request(LONG, i)))).containsExactly(2 * i);
    assertThat(held).noneMatch(Pending::isDone);
    assertThat(model.calls).isEmpty();
  }

  @Test
  void aModelThatLosesRowsInABatchIsAskedForEachRequestApart() {
    var calls = new AtomicInteger();
    var entered = new Semaphore(0);
    var allowed = new Semaphore(0);
    Batcher.Computation first =
        (inputs, _) -> {
          calls.incrementAndGet();
          entered.release();
          allowed.acquireUninterruptibly();
          return List.of(Tensor.of("y", inputs.getFirst().floats()[0]));
        };
    var batcher = batcher(first, "{'concurrency': 1}", new Cost(1, 1_000_000));
    var busy = batcher.submit(request(LONG, 1));
    entered.acquireUninterruptibly();
    var two = batcher.submit(request(LONG, 2));
    var three = batcher.submit(request(LONG, 3));
    allowed.release(10);
    assertThat(answer(busy)).containsExactly(1);
    assertThat(answer(two)).containsExactly(2);
    assertThat(answer(three)).containsExactly(3);
    assertThat(calls).hasValue(4);
    assertThat(batcher.apart()).contains("an output of a batch did not have its rows");
  }

  /**
   * A model of 1 ms, asked twice as often as it can answer, by requests that allow 200 ms: what is
   * computed is of use, the rest is refused at once. By the clock, so that a busy machine takes its
   * share.
   */
  @Test
  void underTwiceTheCapacityWhatIsComputedIsInTime() {
    var computed = new AtomicInteger();
    Batcher.Computation spinning =
        (inputs, _) -> {
          long end = System.nanoTime() + 1_000_000;
          while (System.nanoTime() < end) Thread.onSpinWait();
          computed.incrementAndGet();
          return List.of(inputs.getFirst().named("y"));
        };
    var batcher = batcher(spinning, "{'concurrency': 1, 'batch': 1}", new Cost(1, 1_000_000));
    var inTime = new AtomicInteger();
    var late = new AtomicInteger();
    var slowestRefusal = new long[1];
    var all = new ArrayList<Pending>();
    long begin = System.nanoTime();
    for (int i = 0; i < 2_000; i++) {
      long at = begin + i * 500_000L;
      while (System.nanoTime() < at) Thread.onSpinWait();
      var pending = request(Duration.ofMillis(200), i);
      long asked = System.nanoTime();
      all.add(batcher.submit(pending));
      if (pending.isCompletedExceptionally())
        slowestRefusal[0] = Math.max(slowestRefusal[0], System.nanoTime() - asked);
      var _ =
          pending.thenRun(() -> {
            if (System.nanoTime() < pending.deadline) inTime.incrementAndGet();
            else late.incrementAndGet();
          });
    }
    until(() -> all.stream().allMatch(Pending::isDone));
    assertThat(computed.get()).isBetween(1, 1_999);
    assertThat((double) inTime.get())
        .as("in time %d, late %d, computed %d", inTime.get(), late.get(), computed.get())
        .isGreaterThanOrEqualTo(0.8 * computed.get());
    assertThat(Arrays.stream(slowestRefusal).max().getAsLong()).isLessThan(500_000_000);
  }
}
