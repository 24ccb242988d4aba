package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Conflict;
import io.millrace.base.Refused;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

final class PortsTest {
  @Test
  void aPortThatIsTakenIsSaidToBe() throws Exception {
    try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> Ports.check("127.0.0.1", other.getLocalPort()))
          .isInstanceOf(Conflict.class)
          .hasMessageStartingWith(
              "port %d of 127.0.0.1 is taken by another program", other.getLocalPort())
          .hasMessageContaining("--port");
    }
  }

  @Test
  void anAddressOfAnotherMachineIsNotCalledTaken() {
    // An address that is kept for documentation, so no machine has it.
    assertThatThrownBy(() -> Ports.check("192.0.2.1", 8080))
        .isInstanceOf(Refused.class)
        .hasMessageStartingWith("this machine cannot listen on 192.0.2.1")
        .hasMessageContaining("--host");
  }

  @Test
  void anyFreePortIsFine() {
    Ports.check("127.0.0.1", 0);
  }
}
