package io.millrace.serving.predictions;

import io.millrace.models.Tensor;
import io.millrace.serving.EndpointName;
import io.millrace.serving.RecentRequests;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The newest requests of one endpoint that segments still hold whole. Those with a masked input are
 * passed over: what they asked is not known.
 */
final class LastRequests {
  static final int MOST = 100;
  private static final long MOST_BYTES = 16L << 20;

  /** No further segment is read after this. */
  private static final Duration LONGEST = Duration.ofSeconds(1);

  private final EndpointName endpoint;
  private final List<RecentRequests.Recorded> found = new ArrayList<>();
  private long bytes;

  private LastRequests(EndpointName endpoint) {
    this.endpoint = endpoint;
  }

  /** The newest first. */
  static List<RecentRequests.Recorded> of(Segments segments, EndpointName endpoint) {
    var last = new LastRequests(endpoint);
    long end = System.nanoTime() + LONGEST.toNanos();
    for (var file : segments.list().descendingMap().values()) {
      if (last.full() || System.nanoTime() >= end) break;
      last.read(file);
    }
    return last.found;
  }

  private boolean full() {
    return found.size() >= MOST || bytes >= MOST_BYTES;
  }

  /** Frames can only be read forwards: the last ones are kept as they come, and parsed then. */
  private void read(Path file) {
    Deque<byte[]> bodies = new ArrayDeque<>();
    long[] held = {0};
    Segments.scan(
        file,
        body -> {
          if (!Frames.isOf(body, endpoint.value())) return;
          var copy = new byte[body.remaining()];
          body.get(copy);
          bodies.addLast(copy);
          held[0] += copy.length;
          while (bodies.size() > MOST || held[0] > MOST_BYTES)
            held[0] -= bodies.removeFirst().length;
        });
    for (var body : bodies.reversed()) {
      if (full()) return;
      var logged = Frames.read(ByteBuffer.wrap(body));
      var inputs = inputs(logged);
      if (inputs == null) continue;
      found.add(new RecentRequests.Recorded(logged.id(), inputs));
      bytes += body.length;
    }
  }

  /** Null where not all of them are there. */
  private static @Nullable List<Tensor> inputs(Logged logged) {
    if (logged.inputs() == null) return null;
    var inputs = new ArrayList<Tensor>();
    for (var values : logged.inputs()) {
      if (values.tensor() == null) return null;
      inputs.add(values.tensor());
    }
    return inputs;
  }
}
