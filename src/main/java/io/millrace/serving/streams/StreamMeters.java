package io.millrace.serving.streams;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is counted of a stream since the server started, and how it goes. Thread-safe. */
final class StreamMeters {
  private final MeterRegistry registry;
  private final Clock clock;
  private final Counter answered;
  private final Counter dead;
  private final Counter retries;
  private final Gauge gauge;
  private volatile long lag = -1;
  private volatile boolean connected;
  private volatile boolean answering;
  private volatile Stream.@Nullable Trouble trouble;

  StreamMeters(MeterRegistry registry, StreamName name, Clock clock) {
    this.registry = registry;
    this.clock = clock;
    var tags = Tags.of("stream", name.value());
    var records = "Records of a stream that are done with, by where they went";
    answered =
        Counter.builder("millrace.stream.records")
            .description(records)
            .tags(tags.and("outcome", "answered"))
            .register(registry);
    dead =
        Counter.builder("millrace.stream.records")
            .description(records)
            .tags(tags.and("outcome", "dead_letter"))
            .register(registry);
    retries =
        Counter.builder("millrace.stream.retries")
            .description("How often a record of a stream had to be asked about again")
            .tags(tags)
            .register(registry);
    gauge =
        Gauge.builder(
                "millrace.stream.lag", this, meters -> meters.lag < 0 ? Double.NaN : meters.lag)
            .description("Records that a stream did not answer yet; NaN where that is not known")
            .tags(tags)
            .strongReference(true)
            .register(registry);
  }

  void answered() {
    answered.increment();
  }

  void deadLetter() {
    dead.increment();
  }

  void retried() {
    retries.increment();
  }

  void lag(long records) {
    lag = records;
  }

  /** It begins: nothing is known of how it goes. */
  void begun() {
    connected = true;
    answering = true;
    lag = -1;
  }

  void connected() {
    connected = true;
  }

  /** The topics cannot be reached, or not be read or written. */
  void disconnected(String why) {
    connected = false;
    lag = -1;
    trouble = new Stream.Trouble(why, clock.instant());
  }

  void answering() {
    answering = true;
  }

  /** The endpoint gives no answers now. */
  void unanswered(String why) {
    answering = false;
    trouble = new Stream.Trouble(why, clock.instant());
  }

  Stream stream(StreamDefinition definition, boolean running) {
    long behind = lag;
    return new Stream(
        definition,
        !running
            ? Stream.State.STOPPED
            : connected && answering ? Stream.State.RUNNING : Stream.State.RETRYING,
        running && behind >= 0 ? behind : null,
        (long) answered.count(),
        (long) dead.count(),
        (long) retries.count(),
        trouble);
  }

  void remove() {
    for (Meter meter : List.of(answered, dead, retries, gauge)) registry.remove(meter);
  }
}
