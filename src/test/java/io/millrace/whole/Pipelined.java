package io.millrace.whole;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A connection of HTTP/1.1 on which many requests are sent before the first is answered. One that
 * the server closes is opened anew, and what it left unanswered is sent again. For one thread.
 */
final class Pipelined implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 30_000;

  /** A request as it is written; the length of the body, and the host, are added. */
  @SuppressWarnings("ArrayRecordComponent")
  record Request(String path, Map<String, String> headers, byte[] body) {}

  @SuppressWarnings("ArrayRecordComponent")
  record Answer(int status, Map<String, String> headers, byte[] body) {
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  private final InetSocketAddress address;
  private @Nullable Socket socket;
  private InputStream in = InputStream.nullInputStream();

  Pipelined(String url) {
    var uri = URI.create(url);
    address = new InetSocketAddress(uri.getHost(), uri.getPort());
  }

  /** The answers, in the order of the requests. */
  List<Answer> send(List<Request> requests) throws IOException {
    var answers = new ArrayList<Answer>();
    int failed = 0;
    while (answers.size() < requests.size()) {
      int before = answers.size();
      try {
        write(requests.subList(before, requests.size()));
        while (answers.size() < requests.size()) {
          var answer = read();
          answers.add(answer);
          if ("close".equals(answer.headers().get("connection"))) break;
        }
        if (answers.size() < requests.size()) close();
      } catch (EOFException | SocketException e) {
        close();
        failed = answers.size() == before ? failed + 1 : 0;
        if (failed > 2)
          throw new IOException(
              "the server closed the connection instead of answering " + requests.get(before), e);
      }
    }
    return answers;
  }

  private void write(List<Request> requests) throws IOException {
    var to = socket;
    if (to == null) {
      to = new Socket();
      to.setSoTimeout(TIMEOUT_MILLIS);
      to.connect(address, TIMEOUT_MILLIS);
      socket = to;
      in = new BufferedInputStream(to.getInputStream());
    }
    var bytes = new ByteArrayOutputStream();
    for (var request : requests) {
      var head = new StringBuilder("POST ").append(request.path()).append(" HTTP/1.1\r\nHost: ");
      head.append(address.getHostString()).append(':').append(address.getPort()).append("\r\n");
      request
          .headers()
          .forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
      head.append("Content-Length: ").append(request.body().length).append("\r\n\r\n");
      bytes.writeBytes(head.toString().getBytes(StandardCharsets.ISO_8859_1));
      bytes.writeBytes(request.body());
    }
    to.getOutputStream().write(bytes.toByteArray());
  }

  private Answer read() throws IOException {
    var status = line();
    var headers = new HashMap<String, String>();
    for (var line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
    var body = in.readNBytes(length);
    if (body.length < length) throw new EOFException();
    return new Answer(Integer.parseInt(status.substring(9, 12)), headers, body);
  }

  private String line() throws IOException {
    var line = new StringBuilder();
    for (int octet = in.read(); octet != '\n'; octet = in.read()) {
      if (octet < 0) throw new EOFException();
      if (octet != '\r') line.append((char) octet);
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    if (socket != null) socket.close();
    socket = null;
  }
}
