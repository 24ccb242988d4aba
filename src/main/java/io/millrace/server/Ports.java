package io.millrace.server;

import io.millrace.base.Conflict;
import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import io.millrace.base.Refused;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;

/** Tells before the server starts why it could not listen. */
final class Ports {
  private static final int FIRST_FREE_FOR_ALL = 1024;
  private static final int MILLIS_TO_CONNECT = 1000;

  private Ports() {}

  static void check(String host, int port) {
    try {
      var address = InetAddress.getByName(host);
      try {
        bind(address, port);
      } catch (IOException e) {
        throw reason(address, host, port, e);
      }
    } catch (UnknownHostException e) {
      throw new InvalidInput(
          "host %s has no address on this machine: name a loopback one with --host, such as 127.0.0.1"
              .formatted(host));
    }
  }

  private static void bind(InetAddress address, int port) throws IOException {
    try (var probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(address, port));
    }
  }

  /**
   * By what else works and not by the message, which the operating system writes in the user's
   * language.
   */
  private static Failure reason(InetAddress address, String host, int port, IOException e) {
    try {
      bind(address, 0);
    } catch (IOException anyPort) {
      return new Refused(
          "this machine cannot listen on %s (%s): it is not one of its addresses; choose another with --host, such as 127.0.0.1"
              .formatted(host, e.getMessage()));
    }
    if (port < FIRST_FREE_FOR_ALL && !answers(address, port)) {
      return new Refused(
          "port %d of %s may not be listened on by this user (%s): choose one from %d on with --port"
              .formatted(port, host, e.getMessage(), FIRST_FREE_FOR_ALL));
    }
    return new Conflict(
        "port %d of %s is taken by another program (%s): stop that program, or choose another port with --port"
            .formatted(port, host, e.getMessage()));
  }

  private static boolean answers(InetAddress address, int port) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, port), MILLIS_TO_CONNECT);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
