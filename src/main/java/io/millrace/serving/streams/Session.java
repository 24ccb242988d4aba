package io.millrace.serving.streams;

import io.millrace.base.Expired;
import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.base.Overloaded;
import io.millrace.base.TooLarge;
import io.millrace.base.Unavailable;
import io.millrace.base.Unsupported;
import io.millrace.serving.Inference;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A stream's work from one opening of its topics to the next.
 *
 * <p>Records of a partition are asked about many at a time, and what they become is written in
 * their order. A record is done when what is written for it is acknowledged; the group's offset
 * goes only over records that are done. So what fails on the way comes again after the next
 * opening, and nothing is lost. What cannot be asked becomes a dead letter; while the endpoint
 * gives no answers, records wait and no more are read.
 *
 * <p>Used by one thread; answers and acknowledgements come to it by two queues.
 */
final class Session {
  /** A record's value may have as many bytes as a request's body. */
  static final int LARGEST = 16 << 20;

  /** So many records at most are on their way. */
  static final int MOST_HELD = 1_000;

  /** From this many bytes on their way no more records are read. */
  private static final long MOST_BYTES = 16L << 20;

  /** So many are asked about at once: the endpoint's line is also for others. */
  private static final int MOST_ASKED = 256;

  /** A fault that is not known to pass is met so often before the record is given up. */
  private static final int MOST_FAULTS = 3;

  private static final Duration IDLE = Duration.ofMillis(200);
  private static final long NAP_NANOS = Duration.ofMillis(5).toNanos();
  private static final long MEASURED_NANOS = Duration.ofSeconds(2).toNanos();
  private static final long DRAIN_NANOS = Duration.ofSeconds(5).toNanos();
  private static final long FIRST_WAIT_NANOS = Duration.ofMillis(50).toNanos();
  private static final long LONGEST_WAIT_NANOS = Duration.ofSeconds(5).toNanos();
  private static final int LONGEST_REASON = 1_000;
  private static final String OURS = "millrace-";
  private static final Logger LOG = System.getLogger(Session.class.getName());

  private final StreamDefinition stream;
  private final Inference inference;
  private final MessageFormat format;
  private final StreamMeters meters;
  private final Thread thread = Thread.currentThread();

  private final Map<Integer, Lane> lanes = new TreeMap<>();
  private final PriorityQueue<Held> waiting =
      new PriorityQueue<>(Comparator.comparingLong((Held one) -> one.turn));
  private final ConcurrentLinkedQueue<Held> answered = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Sent> written = new ConcurrentLinkedQueue<>();
  private @Nullable Topics topics;
  private long turns;
  private int held;
  private long bytes;
  private int asked;
  private long measured = System.nanoTime() - MEASURED_NANOS;

  // While the endpoint gives no answers: one record is tried at a time, ever more rarely.
  private int most = MOST_ASKED;
  private long waitNanos;
  private long notBefore = System.nanoTime();

  /** A partition's records in their order: those to be written, and those that were. */
  private record Lane(ArrayDeque<Held> unsent, ArrayDeque<Held> sent) {}

  private record Sent(Held held, @Nullable Throwable thrown) {}

  Session(StreamDefinition stream, Inference inference, MessageFormat format, StreamMeters meters) {
    this.stream = stream;
    this.inference = inference;
    this.format = format;
    this.meters = meters;
  }

  /**
   * Works until it is told to stop, then writes what was asked about, for a while. What ends it
   * before is thrown.
   */
  void run(Topics opened, BooleanSupplier stopping) {
    topics = opened;
    while (!stopping.getAsBoolean()) step(true);
    long end = System.nanoTime() + DRAIN_NANOS;
    while (underWay() && System.nanoTime() < end) step(false);
  }

  /** The partition is another member's: what is on its way here is no longer written. */
  void gone(int partition) {
    var lane = lanes.remove(partition);
    if (lane == null) return;
    for (var queue : List.of(lane.unsent(), lane.sent())) {
      for (var one : queue) {
        one.gone = true;
        left(one);
      }
    }
    waiting.removeIf(one -> one.gone);
  }

  private boolean underWay() {
    return asked > 0 || lanes.values().stream().anyMatch(lane -> !lane.sent().isEmpty());
  }

  private Topics topics() {
    return Objects.requireNonNull(topics);
  }

  private void step(boolean more) {
    boolean room = more && held + Topics.MOST_POLLED <= MOST_HELD && bytes < MOST_BYTES;
    var came = topics().poll(more && held == 0 ? IDLE : Duration.ZERO, room);
    came.forEach(this::take);
    if (more) ask();
    boolean moved = settle();
    if (more) measure();
    if (came.isEmpty() && !moved && held > 0) LockSupport.parkNanos(this, NAP_NANOS);
  }

  private void take(Message message) {
    var one = Held.of(message, topics().cluster(), stream.from(), turns++);
    lanes
        .computeIfAbsent(message.partition(), _ -> new Lane(new ArrayDeque<>(), new ArrayDeque<>()))
        .unsent()
        .add(one);
    held++;
    bytes += message.bytes();
    var value = message.value();
    if (value == null) bury(one, "the record has no value");
    else if (value.length > LARGEST)
      bury(
          one,
          "the record's value has %d bytes, which is more than %d"
              .formatted(value.length, LARGEST));
    else waiting.add(one);
  }

  private void left(Held one) {
    held--;
    bytes -= one.message.bytes();
  }

  private void ask() {
    while (asked < most && !waiting.isEmpty() && System.nanoTime() - notBefore >= 0) {
      var one = waiting.remove();
      var value = Objects.requireNonNull(one.message.value());
      asked++;
      var _ =
          inference
              .infer(
                  stream.endpoint(),
                  null,
                  one.context(stream.from()),
                  signature -> format.read(value, signature),
                  one.identity)
              .thenApply(format::write)
              .whenComplete((answer, thrown) -> {
                one.answer = answer;
                one.thrown = thrown;
                answered.add(one);
                LockSupport.unpark(thread);
              });
    }
  }

  /** Goes on with what has been answered and acknowledged; says whether anything was. */
  private boolean settle() {
    boolean moved = false;
    for (var one = answered.poll(); one != null; one = answered.poll()) {
      asked--;
      moved = true;
      if (!one.gone) judge(one);
    }
    for (var sent = written.poll(); sent != null; sent = written.poll()) {
      moved = true;
      if (!sent.held().gone) acknowledge(sent);
    }
    // Writing may find out that a partition is gone.
    for (var lane : List.copyOf(lanes.entrySet())) moved |= advance(lane.getKey(), lane.getValue());
    return moved;
  }

  private void judge(Held one) {
    var thrown =
        one.thrown instanceof CompletionException wrapper && wrapper.getCause() != null
            ? wrapper.getCause()
            : one.thrown;
    var answer = one.answer;
    switch (thrown) {
      case null -> {
        well();
        one.outgoing = outgoing(one, false, answer, List.of());
      }
      case InvalidInput _, TooLarge _, Unsupported _ -> {
        well();
        bury(one, reason(thrown));
      }
      case Overloaded _, Expired _, Unavailable _, NotFound _ -> again(one, reason(thrown));
      default -> {
        LOG.log(
            Level.WARNING,
            "stream=%s record=%s/%d/%d failed"
                .formatted(
                    stream.name(), stream.from(), one.message.partition(), one.message.offset()),
            thrown);
        if (++one.faults < MOST_FAULTS) again(one, reason(thrown));
        else bury(one, "it failed %d times: %s".formatted(one.faults, reason(thrown)));
      }
    }
  }

  private static String reason(Throwable thrown) {
    var message = thrown.getMessage();
    return message == null || message.isBlank() ? thrown.toString() : message;
  }

  private void well() {
    most = Math.min(MOST_ASKED, 2 * most);
    waitNanos = 0;
    meters.answering();
  }

  private void again(Held one, String why) {
    waiting.add(one);
    meters.retried();
    meters.unanswered(why);
    most = 1;
    // Those that were asked together fail together, and are one reason to wait.
    if (System.nanoTime() - notBefore < 0) return;
    waitNanos = Math.clamp(2 * waitNanos, FIRST_WAIT_NANOS, LONGEST_WAIT_NANOS);
    notBefore = System.nanoTime() + waitNanos;
  }

  /** The record is done with as a dead letter that says why. */
  private void bury(Held one, String why) {
    var shown = why.length() <= LONGEST_REASON ? why : why.substring(0, LONGEST_REASON) + "...";
    one.outgoing =
        outgoing(
            one,
            true,
            one.message.value(),
            List.of(
                header("error", shown),
                header("topic", stream.from()),
                header("partition", String.valueOf(one.message.partition())),
                header("offset", String.valueOf(one.message.offset()))));
  }

  /** With the record's own headers, except those that are ours to write. */
  private static Topics.Outgoing outgoing(
      Held one, boolean dead, byte @Nullable [] value, List<Message.Header> more) {
    var headers = new ArrayList<Message.Header>();
    for (var header : one.message.headers())
      if (!header.name().startsWith(OURS)) headers.add(header);
    headers.add(header("prediction-id", one.identity.predictionId()));
    headers.addAll(more);
    return new Topics.Outgoing(dead, one.message, value, headers);
  }

  private static Message.Header header(String name, String value) {
    return new Message.Header(OURS + name, value.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes what is due in the partition's order, and says how far it is done. */
  private boolean advance(int partition, Lane lane) {
    boolean moved = false;
    for (var one = lane.unsent().peek();
        one != null && one.outgoing != null;
        one = lane.unsent().peek()) {
      lane.sent().add(lane.unsent().remove());
      send(one);
      moved = true;
    }
    long next = -1;
    for (var one = lane.sent().peek(); one != null && one.acknowledged; one = lane.sent().peek()) {
      lane.sent().remove();
      left(one);
      next = one.message.offset() + 1;
      if (Objects.requireNonNull(one.outgoing).dead()) meters.deadLetter();
      else meters.answered();
    }
    if (next < 0) return moved;
    topics().done(partition, next);
    return true;
  }

  private void send(Held one) {
    var _ =
        topics()
            .send(Objects.requireNonNull(one.outgoing))
            .whenComplete((_, thrown) -> {
              written.add(new Sent(one, thrown));
              LockSupport.unpark(thread);
            });
  }

  private void acknowledge(Sent sent) {
    var one = sent.held();
    var outgoing = Objects.requireNonNull(one.outgoing);
    switch (sent.thrown()) {
      case null -> one.acknowledged = true;
      case TooLarge e when !outgoing.dead() -> {
        bury(one, "the answer is too large: " + reason(e));
        send(one);
      }
      case TooLarge _ when outgoing.value() != null -> {
        // Its place says where the value still is.
        one.outgoing = new Topics.Outgoing(true, one.message, null, outgoing.headers());
        send(one);
      }
      case RuntimeException e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }

  private void measure() {
    if (System.nanoTime() - measured < MEASURED_NANOS) return;
    meters.lag(topics().behind() + held);
    meters.connected();
    measured = System.nanoTime();
  }
}
