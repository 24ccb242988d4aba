package io.millrace.serving.predictions;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Appends frames to the newest segment, and begins another when it is large or old. A segment in
 * which writing failed is left as it is, torn at most at its end, and another one is begun. Used by
 * one thread, except {@link #open}.
 */
final class SegmentWriter implements AutoCloseable {
  static final long LARGEST = 32L << 20;
  private static final Duration OLDEST = Duration.ofHours(1);

  private final Segments segments;
  private final Clock clock;
  private final long largest;
  private final Runnable closed;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(2 * Frames.LARGEST);
  private final List<LogCounts.Counter> pending = new ArrayList<>();
  private Segments.@Nullable Open segment;
  private long begun;
  private long bytes;
  private boolean dirty;
  private long last;
  private volatile long open;

  /**
   * @param last the highest number that a segment ever had
   * @param closed called when a segment is complete
   */
  SegmentWriter(Segments segments, long last, Clock clock, long largest, Runnable closed) {
    this.segments = segments;
    this.last = last;
    this.clock = clock;
    this.largest = largest;
    this.closed = closed;
  }

  /** The number of the segment that is written to; 0 where none is. Any other is complete. */
  long open() {
    return open;
  }

  Instant now() {
    return clock.instant();
  }

  /** Takes a frame, whose counter hears what became of it. */
  void append(ByteBuffer frame, LogCounts.Counter counter) {
    if (buffer.remaining() < frame.remaining()) write();
    buffer.put(frame);
    pending.add(counter);
  }

  /** Writes what was taken, and forces it to the disk. */
  void flush() {
    write();
    var current = segment;
    if (current == null) return;
    try {
      if (dirty) current.channel().force(false);
      dirty = false;
    } catch (IOException e) {
      abandon(current);
      throw new UncheckedIOException(e);
    }
    if (bytes >= largest || clock.millis() - begun >= OLDEST.toMillis()) complete(current);
  }

  private void write() {
    if (buffer.position() == 0) return;
    var current = segment;
    try {
      if (current == null) current = begin();
      buffer.flip();
      bytes += buffer.remaining();
      while (buffer.hasRemaining()) current.channel().write(buffer);
      dirty = true;
      for (var counter : pending) counter.logged.increment();
    } catch (IOException e) {
      for (var counter : pending) counter.failed.increment();
      if (current != null) abandon(current);
      throw new UncheckedIOException(e);
    } finally {
      buffer.clear();
      pending.clear();
    }
  }

  private Segments.Open begin() throws IOException {
    last = Math.max(last + 1, clock.millis());
    open = last; // Said before the file is there, so that nobody takes it for a complete one.
    var created = segments.create(last);
    segment = created;
    begun = clock.millis();
    bytes = 0;
    return created;
  }

  private void complete(Segments.Open current) {
    abandon(current);
    closed.run();
  }

  private void abandon(Segments.Open current) {
    segment = null;
    dirty = false;
    try {
      current.channel().close();
    } catch (IOException e) {
      // What was forced is there; nothing else is promised.
    }
    open = 0;
  }

  @Override
  public void close() {
    if (segment != null) abandon(segment);
  }
}
