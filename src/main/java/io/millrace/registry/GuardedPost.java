package io.millrace.registry;

import io.millrace.base.Program;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Posts to servers that strangers named, so that no server of our own networks is reached: a name
 * is resolved once, each of its addresses is judged, and the connection goes to that very address,
 * with the name in TLS and in the Host header; there is no proxy, no redirect is followed, and of
 * the reply nothing is kept but its status. java.net.http resolves by itself, hence this.
 * Thread-safe.
 */
final class GuardedPost {
  private static final int MOST_OF_REPLY = 64 << 10;
  private static final int MOST_ADDRESSES = 3;
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([1-5]\\d\\d)(?: .*)?");

  /** Finds a name's addresses. */
  interface Resolver {
    List<InetAddress> resolve(String host) throws UnknownHostException;
  }

  /** What came of it. */
  sealed interface Reply {
    record Answered(int status) implements Reply {}

    /** May be otherwise at another time. */
    record Unreachable(String why) implements Reply {}

    /** Is not tried, now or later. */
    record Forbidden(String why) implements Reply {}
  }

  private static final class NotAllowed extends Exception {
    NotAllowed(String why) {
      super(why);
    }
  }

  private final boolean privateAddresses;
  private final Resolver resolver;
  private final SSLSocketFactory tls;
  private final Duration whole;

  /**
   * @param privateAddresses whether any address and plain http are allowed, as tests need
   * @param whole how long one post may take
   */
  GuardedPost(boolean privateAddresses, Resolver resolver, SSLSocketFactory tls, Duration whole) {
    this.privateAddresses = privateAddresses;
    this.resolver = resolver;
    this.tls = tls;
    this.whole = whole;
  }

  GuardedPost(boolean privateAddresses) {
    this(
        privateAddresses,
        host -> List.of(InetAddress.getAllByName(host)),
        (SSLSocketFactory) SSLSocketFactory.getDefault(),
        Duration.ofSeconds(30));
  }

  /** Why the URL is not called, as far as is known now; empty where it may be. */
  String objection(WebhookUrl url) {
    try {
      addresses(url);
      return "";
    } catch (UnknownHostException e) {
      return ""; // It may be known later; then it is judged.
    } catch (NotAllowed e) {
      return String.valueOf(e.getMessage());
    }
  }

  private List<InetAddress> addresses(WebhookUrl url) throws UnknownHostException, NotAllowed {
    if (!url.secure() && !privateAddresses)
      throw new NotAllowed("the scheme is http, and only https is called");
    var addresses = resolver.resolve(url.host());
    if (!privateAddresses && !addresses.stream().allMatch(PublicAddress::is))
      throw new NotAllowed("host \"%s\" is not public".formatted(url.host()));
    return addresses;
  }

  Reply send(WebhookUrl url, Map<String, String> headers, byte[] body) {
    List<InetAddress> addresses;
    try {
      addresses = addresses(url);
    } catch (UnknownHostException e) {
      return new Reply.Unreachable("host \"%s\" is not known".formatted(url.host()));
    } catch (NotAllowed e) {
      return new Reply.Forbidden(String.valueOf(e.getMessage()));
    }
    IOException last = new UnknownHostException();
    var late = new AtomicBoolean();
    for (var address : addresses.subList(0, Math.min(MOST_ADDRESSES, addresses.size()))) {
      try (var socket = new Socket(Proxy.NO_PROXY)) {
        try {
          socket.connect(new InetSocketAddress(address, url.port()), (int) CONNECT.toMillis());
        } catch (IOException e) {
          last = e;
          continue;
        }
        var watch = Thread.ofVirtual().start(() -> closeLate(socket, late));
        try {
          return new Reply.Answered(exchange(socket, url, headers, body));
        } finally {
          watch.interrupt();
        }
      } catch (IOException e) {
        last = e;
        break;
      }
    }
    return new Reply.Unreachable(why(last, late.get()));
  }

  /** Bounds the whole, since a peer may send a byte now and then for ever. */
  private void closeLate(Socket socket, AtomicBoolean late) {
    try {
      Thread.sleep(whole);
      late.set(true);
      socket.close();
    } catch (InterruptedException e) {
      // It was done in time.
    } catch (IOException e) {
      // Nothing is left to be closed.
    }
  }

  private int exchange(Socket plain, WebhookUrl url, Map<String, String> headers, byte[] body)
      throws IOException {
    plain.setSoTimeout((int) whole.toMillis());
    if (!url.secure()) return exchanged(plain, url, headers, body);
    try (var secured = (SSLSocket) tls.createSocket(plain, url.host(), url.port(), true)) {
      var parameters = secured.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      secured.setSSLParameters(parameters);
      secured.startHandshake();
      return exchanged(secured, url, headers, body);
    }
  }

  private static int exchanged(
      Socket socket, WebhookUrl url, Map<String, String> headers, byte[] body) throws IOException {
    var head = new StringBuilder("POST %s HTTP/1.1\r\n".formatted(url.target()));
    head.append("Host: ").append(url.authority()).append("\r\n");
    head.append("User-Agent: millrace/").append(Program.version()).append("\r\n");
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    head.append("Content-Length: ").append(body.length).append("\r\nConnection: close\r\n\r\n");
    var request = new ByteArrayOutputStream();
    request.writeBytes(head.toString().getBytes(StandardCharsets.US_ASCII));
    request.writeBytes(body);
    socket.getOutputStream().write(request.toByteArray());
    socket.getOutputStream().flush();
    return status(new BufferedInputStream(socket.getInputStream()));
  }

  /** The final status; the rest is read, as far as it is short, and dropped. */
  private static int status(InputStream in) throws IOException {
    int[] left = {MOST_OF_REPLY};
    int status = statusLine(in, left);
    while (status < 200) {
      // An interim answer: its headers, then the next one.
      if (line(in, left).isEmpty()) status = statusLine(in, left);
    }
    try {
      in.readNBytes(left[0]);
    } catch (IOException e) {
      // The status is all that counts.
    }
    return status;
  }

  private static int statusLine(InputStream in, int[] left) throws IOException {
    var matcher = STATUS.matcher(line(in, left));
    if (!matcher.matches()) throw new IOException("it does not speak HTTP/1.1");
    return Integer.parseInt(matcher.group(1));
  }

  private static String line(InputStream in, int[] left) throws IOException {
    var line = new StringBuilder();
    while (left[0]-- > 0) {
      int c = in.read();
      if (c < 0) throw new IOException("it ended the connection without an answer");
      if (c == '\n') return line.toString().stripTrailing();
      line.append((char) c);
    }
    throw new IOException("it does not speak HTTP/1.1");
  }

  private String why(IOException e, boolean late) {
    if (late || e instanceof SocketTimeoutException)
      return "no answer within %d seconds".formatted(whole.toSeconds());
    if (e instanceof SSLException) return "TLS failed: " + e.getMessage();
    return "not reached: " + e.getMessage();
  }
}
