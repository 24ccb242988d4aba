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
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The newest requests of one endpoint that segments still hold whole. Those with a masked input are
 * passed over: what they asked is not known.
 */
final class LastRequests {
  static final int MOST = 100;
  private static final long MOST_BYTES = 16L << 20;

  /** Where a busy endpoint's newest requests are, so that a segment need not be read whole. */
  private static final int END = 256 << 10;

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

  private void read(Path file) {
    var bodies = new Last();
    Segments.scanEnd(file, END, bodies);
    if (!bodies.full()) {
      bodies = new Last();
      Segments.scan(file, bodies);
    }
    for (var body : bodies.all.reversed()) {
      if (full()) return;
      var logged = Frames.read(ByteBuffer.wrap(body));
      var inputs = inputs(logged);
      if (inputs == null) continue;
      found.add(new RecentRequests.Recorded(logged.id(), inputs));
      bytes += body.length;
    }
  }

  /** Keeps the last of the endpoint's frames, since they can only be read forwards. */
  private final class Last implements Consumer<ByteBuffer> {
    private final Deque<byte[]> all = new ArrayDeque<>();
    private long held;

    @Override
    public void accept(ByteBuffer body) {
      if (!Frames.isOf(body, endpoint.value())) return;
      var copy = new byte[body.remaining()];
      body.get(copy);
      all.addLast(copy);
      held += copy.length;
      while (all.size() > MOST || held > MOST_BYTES) held -= all.removeFirst().length;
    }

    boolean full() {
      return all.size() == MOST;
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
