package io.millrace.experiments;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Collection;
import java.util.function.Consumer;

/** Points of one metric as bytes: step, milliseconds and value, 24 bytes each. */
final class Points {
  static final int MOST = 1_024;
  static final int BYTES = 24;

  private Points() {}

  /** The earlier bytes with the points behind them. */
  static byte[] append(byte[] before, Collection<Metric> metrics) {
    var buffer = ByteBuffer.allocate(before.length + BYTES * metrics.size());
    buffer.put(before);
    for (var metric : metrics)
      buffer.putLong(metric.step()).putLong(metric.at().toEpochMilli()).putDouble(metric.value());
    return buffer.array();
  }

  static void read(String key, byte[] data, Consumer<Metric> points) {
    var buffer = ByteBuffer.wrap(data);
    while (buffer.hasRemaining()) points.accept(next(key, buffer));
  }

  /** The point at that place. */
  static Metric at(String key, byte[] data, int index) {
    return next(key, ByteBuffer.wrap(data, BYTES * index, BYTES));
  }

  private static Metric next(String key, ByteBuffer buffer) {
    long step = buffer.getLong();
    var at = Instant.ofEpochMilli(buffer.getLong());
    return new Metric(key, buffer.getDouble(), at, step);
  }
}
