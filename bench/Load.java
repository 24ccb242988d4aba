import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Requests that come at their own time, whatever the server does: what they take counts from then.
 * One thread sends and reads on all connections, so that little of the processors goes into it.
 */
final class Load {
  /** The times of answers in milliseconds, sorted: those with 200, and others by their status. */
  record Result(double seconds, double[] good, Map<Integer, double[]> others, String firstOther) {
    double goodPerSecond() {
      return good.length / seconds;
    }

    int failures() {
      return others.values().stream().mapToInt(times -> times.length).sum();
    }
  }

  static double quantile(double[] sorted, double q) {
    return sorted.length == 0
        ? Double.NaN
        : sorted[(int) Math.min(sorted.length - 1, q * sorted.length)];
  }

  interface During {
    void run() throws Exception;
  }

  /** How it waits for the time of the next request, and for answers. */
  enum Waiting {
    /** By spinning: to the microsecond, and takes a processor. */
    SPINNING,
    /** By sleeping: late by 0.1 ms or so, and takes little. */
    SLEEPING
  }

  /** Numbers that grow. */
  private static final class Times {
    private double[] all = new double[1024];
    private int size;

    void add(double value) {
      if (size == all.length) all = Arrays.copyOf(all, 2 * size);
      all[size++] = value;
    }

    double[] sorted() {
      var sorted = Arrays.copyOf(all, size);
      Arrays.sort(sorted);
      return sorted;
    }
  }

  private final Selector selector = Selector.open();
  private final Deque<Connection> idle = new ArrayDeque<>();
  private final Map<Integer, Times> times = new TreeMap<>();
  private final ByteBuffer request;
  private String firstOther;

  private Load(String url, String path, byte[] body, int connections) throws IOException {
    var at = URI.create(url);
    var head =
        "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            .formatted(path, at.getAuthority(), body.length)
            .getBytes(StandardCharsets.ISO_8859_1);
    request = ByteBuffer.allocateDirect(head.length + body.length).put(head).put(body).flip();
    for (int i = 0; i < connections; i++)
      idle.add(new Connection(new InetSocketAddress(at.getHost(), at.getPort())));
  }

  /**
   * @param rate a second; 0 for as fast as the connections allow
   * @param during runs beside it; the load ends when it ends, and not before the seconds are over
   */
  static Result run(
      String url,
      String path,
      byte[] body,
      int connections,
      double rate,
      double seconds,
      Waiting waiting,
      During during)
      throws Exception {
    var failure = new Exception[1];
    var beside =
        Thread.ofPlatform()
            .start(() -> {
              try {
                during.run();
              } catch (Exception e) {
                failure[0] = e;
              }
            });
    var load = new Load(url, path, body, connections);
    try (load.selector) {
      double took = load.run(rate, seconds, waiting, beside);
      if (failure[0] != null) throw failure[0];
      var good = load.times.remove(200);
      var others = new TreeMap<Integer, double[]>();
      load.times.forEach((status, all) -> others.put(status, all.sorted()));
      return new Result(
          took, good == null ? new double[0] : good.sorted(), others, load.firstOther);
    } finally {
      for (var key :
          load.selector.isOpen() ? load.selector.keys() : java.util.Set.<SelectionKey>of())
        key.channel().close();
    }
  }

  private double run(double rate, double seconds, Waiting waiting, Thread beside)
      throws IOException {
    long begin = System.nanoTime();
    long sent = 0;
    while (true) {
      long now = System.nanoTime();
      if (now - begin >= seconds * 1e9 && !beside.isAlive()) return (now - begin) / 1e9;
      long due = rate == 0 ? now : begin + (long) (sent * 1e9 / rate);
      while (due <= now && !idle.isEmpty()) {
        idle.poll().send(due);
        sent++;
        if (rate != 0) due = begin + (long) (sent * 1e9 / rate);
      }
      // Where all connections are busy only an answer helps.
      long wait = idle.isEmpty() ? 10_000_000 : due - System.nanoTime();
      if (waiting == Waiting.SPINNING) selector.selectNow();
      else if (wait > 1_000_000) selector.select(wait / 1_000_000);
      else if (selector.selectNow() == 0 && wait > 0) LockSupport.parkNanos(Math.min(wait, 50_000));
      for (var key : selector.selectedKeys()) ((Connection) key.attachment()).read();
      selector.selectedKeys().clear();
    }
  }

  private final class Connection {
    private final SocketChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    private long due;
    private long begun;

    Connection(InetSocketAddress address) throws IOException {
      channel = SocketChannel.open(address);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ, this);
    }

    void send(long when) throws IOException {
      due = when;
      begun = System.nanoTime();
      var left = request.duplicate();
      while (left.hasRemaining()) channel.write(left);
    }

    void read() throws IOException {
      if (channel.read(buffer) < 0)
        throw new EOFException("the server closed a connection in the middle of a measurement");
      int end = end();
      if (end < 0) return;
      var bytes = buffer.array();
      int status = (bytes[9] - '0') * 100 + (bytes[10] - '0') * 10 + bytes[11] - '0';
      if (status != 200 && firstOther == null)
        firstOther = new String(bytes, 0, end, StandardCharsets.UTF_8);
      // A refusal counts from when the request was sent.
      times
          .computeIfAbsent(status, _ -> new Times())
          .add((System.nanoTime() - (status == 200 ? due : begun)) / 1e6);
      buffer.clear();
      idle.add(this);
    }

    /** Where the answer ends; -1 while it is not whole. */
    private int end() {
      var bytes = buffer.array();
      int length = -1;
      int line = 0;
      for (int i = 0; i + 1 < buffer.position(); i++) {
        if (bytes[i] != '\r' || bytes[i + 1] != '\n') continue;
        if (i == line)
          return length >= 0 && i + 2 + length <= buffer.position() ? i + 2 + length : -1;
        if (startsLength(bytes, line, i))
          length =
              Integer.parseInt(
                  new String(bytes, line + 15, i - line - 15, StandardCharsets.ISO_8859_1).strip());
        line = i + 2;
        i++;
      }
      return -1;
    }

    private static boolean startsLength(byte[] bytes, int from, int to) {
      var name = "content-length:";
      if (to - from < name.length()) return false;
      for (int i = 0; i < name.length(); i++)
        if ((bytes[from + i] | 0x20) != (name.charAt(i) | 0x20)) return false;
      return true;
    }
  }
}
