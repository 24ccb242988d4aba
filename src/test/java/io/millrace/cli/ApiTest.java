package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Json;
import io.millrace.base.Unavailable;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ApiTest {
  private static String url(ServerSocket socket) {
    return "http://127.0.0.1:" + socket.getLocalPort();
  }

  private static ServerSocket listening() throws Exception {
    return new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
  }

  @Test
  void aServerThatTakesLongIsToldApartFromNone() throws Exception {
    try (var silent = listening()) {
      var api = new Api(url(silent), Duration.ofMillis(50), Duration.ofMillis(80));
      assertThatThrownBy(() -> api.get("/api/v1/models"))
          .isInstanceOf(Unavailable.class)
          .hasMessageStartingWith(
              "the server at %s did not answer GET /api/v1/models within 50 ms; it may still be at work",
              url(silent));
      assertThatThrownBy(() -> api.post("/api/v1/projects/apply", Json.object()))
          .hasMessageContaining("did not answer POST /api/v1/projects/apply within 80 ms");
    }
  }

  @Test
  void noServerAndABrokenConnectionAreTold() throws Exception {
    String nobody;
    try (var closed = listening()) {
      nobody = url(closed);
    }
    assertThatThrownBy(() -> new Api(nobody).get("/x"))
        .isInstanceOf(Unavailable.class)
        .hasMessageStartingWith("no Millrace server answers at " + nobody);
    try (var rude = listening()) {
      Thread.ofVirtual()
          .start(() -> {
            while (!rude.isClosed()) {
              try (var taken = rude.accept()) {
                taken.getInputStream().read();
              } catch (java.io.IOException e) {
                return;
              }
            }
          });
      assertThatThrownBy(() -> new Api(url(rude)).get("/x"))
          .isInstanceOf(Unavailable.class)
          .hasMessageContaining("broke before it answered GET /x");
    }
  }

  @Test
  void aServerThatIsNoUrlIsWrongUsage() {
    assertThatThrownBy(() -> new Api("nowhere")).isInstanceOf(WrongUsage.class);
  }
}
