import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;

/**
 * One kept-alive HTTP/1.1 connection that costs next to nothing, so that what is measured is the
 * server. One thread.
 */
final class Wire implements AutoCloseable {
  private final URI base;
  private Socket socket;
  private InputStream in;
  private OutputStream out;

  Wire(String url) {
    base = URI.create(url);
  }

  /** Answers the body of a 200; anything else is an error that names the answer. */
  byte[] post(String path, byte[] body) throws IOException {
    return send("POST", path, body);
  }

  String post(String path, String body) throws IOException {
    return new String(post(path, body.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
  }

  String get(String path) throws IOException {
    return new String(send("GET", path, null), StandardCharsets.UTF_8);
  }

  private byte[] send(String method, String path, byte[] body) throws IOException {
    boolean kept = socket != null;
    try {
      return exchange(method, path, body);
    } catch (IOException e) {
      close();
      if (!kept || e instanceof Refused) throw e;
      return exchange(method, path, body);
    }
  }

  private byte[] exchange(String method, String path, byte[] body) throws IOException {
    open();
    var head = head(method, path, body == null ? 0 : body.length);
    var whole = new byte[head.length + (body == null ? 0 : body.length)];
    System.arraycopy(head, 0, whole, 0, head.length);
    if (body != null) System.arraycopy(body, 0, whole, head.length, body.length);
    out.write(whole);
    out.flush();
    return answer();
  }

  private byte[] head(String method, String path, long length) {
    return "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        .formatted(method, path, base.getAuthority(), length)
        .getBytes(StandardCharsets.UTF_8);
  }

  private void open() throws IOException {
    if (socket != null) return;
    socket = new Socket(base.getHost(), base.getPort());
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
    out = socket.getOutputStream();
  }

  /** Uploads so many bytes, the same block again and again, each time with its number in front. */
  void upload(String path, byte[] block, long length) throws IOException {
    open();
    out.write(head("PUT", path, length));
    for (long sent = 0; sent < length; sent += block.length) {
      for (int i = 0; i < 8; i++) block[i] = (byte) (sent >>> (8 * i));
      out.write(block, 0, (int) Math.min(block.length, length - sent));
    }
    out.flush();
    answer();
  }

  /** Reads a body to its end and counts it. */
  long download(String path) throws IOException {
    open();
    out.write(head("GET", path, 0));
    out.flush();
    long[] count = new long[1];
    read((buffer, length) -> count[0] += length);
    return count[0];
  }

  private byte[] answer() throws IOException {
    var body = new java.io.ByteArrayOutputStream();
    read((buffer, length) -> body.write(buffer, 0, length));
    return body.toByteArray();
  }

  private interface Sink {
    void take(byte[] buffer, int length);
  }

  private void read(Sink sink) throws IOException {
    var status = line();
    long length = -1;
    boolean chunked = false;
    boolean closes = false;
    for (var header = line(); !header.isEmpty(); header = line()) {
      var lower = header.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) length = Long.parseLong(lower.substring(15).trim());
      if (lower.startsWith("transfer-encoding:")) chunked = lower.contains("chunked");
      if (lower.startsWith("connection:")) closes = lower.contains("close");
    }
    boolean good = status.contains(" 200");
    var said = new StringBuilder();
    Sink into =
        good ? sink : (buffer, n) -> said.append(new String(buffer, 0, n, StandardCharsets.UTF_8));
    var buffer = new byte[1 << 16];
    if (chunked) {
      for (long size = Long.parseLong(line().trim(), 16);
          size > 0;
          size = Long.parseLong(line().trim(), 16)) {
        copy(size, buffer, into);
        line();
      }
      line();
    } else if (length >= 0) {
      copy(length, buffer, into);
    } else {
      closes = true;
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) into.take(buffer, n);
    }
    if (closes) close();
    if (!good) throw new Refused(status + " " + said.substring(0, Math.min(300, said.length())));
  }

  private void copy(long length, byte[] buffer, Sink sink) throws IOException {
    while (length > 0) {
      int n = in.read(buffer, 0, (int) Math.min(buffer.length, length));
      if (n < 0) throw new IOException("the server closed the connection within a body");
      sink.take(buffer, n);
      length -= n;
    }
  }

  private String line() throws IOException {
    var line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) throw new IOException("the server closed the connection");
      if (c != '\r') line.append((char) c);
    }
    return line.toString();
  }

  @Override
  public void close() {
    try {
      if (socket != null) socket.close();
    } catch (IOException _) {
      // It is not used again.
    }
    socket = null;
  }

  /** The first value of a field in a JSON text. */
  static String field(String json, String name) {
    var matcher = Pattern.compile("\"" + name + "\"\\s*:\\s*\"?([^\",}\\s]+)").matcher(json);
    if (!matcher.find())
      throw new IllegalStateException(
          "no " + name + " in " + json.substring(0, Math.min(200, json.length())));
    return matcher.group(1);
  }

  /** An answer that is not 200. */
  static final class Refused extends IOException {
    Refused(String what) {
      super(what);
    }
  }

  /** Latencies in milliseconds of what several connections did, and how long it took in all. */
  record Load(double[] sorted, double seconds) {
    double perSecond() {
      return sorted.length / seconds;
    }

    double quantile(double q) {
      return sorted[(int) Math.min(sorted.length - 1, Math.round(q * (sorted.length - 1)))];
    }
  }

  /** A request of one connection; number counts that connection's requests. */
  interface Request {
    void send(Wire wire, int connection, int number) throws IOException;
  }

  /** Sends from so many connections until the time is over, and at least three times each. */
  static Load load(String url, int connections, double seconds, Request request) throws Exception {
    return load(url, connections, seconds, Integer.MAX_VALUE, request);
  }

  /**
   * Sends from so many connections until the time is over or each has sent as many as it should.
   */
  static Load load(String url, int connections, double seconds, int most, Request request)
      throws Exception {
    long begin = System.nanoTime();
    long end = begin + (long) (Math.min(seconds, 1e6) * 1e9);
    var all = new ArrayList<Double>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var futures = new ArrayList<java.util.concurrent.Future<List<Double>>>();
      for (int c = 0; c < connections; c++) {
        int connection = c;
        futures.add(
            threads.submit(() -> {
              var mine = new ArrayList<Double>();
              try (var wire = new Wire(url)) {
                for (int n = 0; n < most && (System.nanoTime() < end || n < 3); n++) {
                  long start = System.nanoTime();
                  request.send(wire, connection, n);
                  mine.add((System.nanoTime() - start) / 1e6);
                }
              }
              return mine;
            }));
      }
      for (var future : futures) all.addAll(future.get());
    }
    double took = (System.nanoTime() - begin) / 1e9;
    return new Load(all.stream().mapToDouble(Double::doubleValue).sorted().toArray(), took);
  }
}
