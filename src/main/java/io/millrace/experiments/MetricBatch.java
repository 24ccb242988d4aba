package io.millrace.experiments;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * The metrics of one request as bytes, made before the writer's turn so that writing them is one
 * row. The keys come first, then 28 bytes a point: the key's index, step, milliseconds, value.
 */
record MetricBatch(int points, byte[] data) {

  static MetricBatch of(Collection<Metric> metrics) {
    var keys = new LinkedHashMap<String, Integer>();
    for (var metric : metrics) keys.putIfAbsent(metric.key(), keys.size());
    var bytes = new ByteArrayOutputStream(28 * metrics.size() + 32 * keys.size());
    try (var out = new DataOutputStream(bytes)) {
      out.writeInt(keys.size());
      for (var key : keys.keySet()) out.writeUTF(key);
      for (var metric : metrics) {
        out.writeInt(keys.getOrDefault(metric.key(), -1));
        out.writeLong(metric.step());
        out.writeLong(metric.at().toEpochMilli());
        out.writeDouble(metric.value());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new MetricBatch(metrics.size(), bytes.toByteArray());
  }

  List<Metric> metrics() {
    var metrics = new ArrayList<Metric>(points);
    try (var in = new DataInputStream(new ByteArrayInputStream(data))) {
      var keys = new String[in.readInt()];
      for (int i = 0; i < keys.length; i++) keys[i] = in.readUTF();
      for (int i = 0; i < points; i++) {
        var key = keys[in.readInt()];
        long step = in.readLong();
        var at = Instant.ofEpochMilli(in.readLong());
        metrics.add(new Metric(key, in.readDouble(), at, step));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return metrics;
  }
}
