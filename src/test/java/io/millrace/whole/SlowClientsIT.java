package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that say nothing, or begin and do not go on, cost the others nothing. */
final class SlowClientsIT {
  private static final int CLIENTS = 10_000;
  private static final int REQUESTS = 200;

  @TempDir Path folder;

  @Test
  void tenThousandIdleAndSlowConnectionsDoNotHoldUpTheRest() throws Exception {
    var models = Program.HOME.resolve("src/test/resources/models");
    var connections = new ArrayList<SocketChannel>();
    try (var program = Program.up(folder.resolve("data"))) {
      program.done("model", "import", "m", models.resolve("diamonds_mlp.onnx").toString());
      program.done("deploy", "m", "--model", "m/1");
      JsonNode cases = Json.parse(Files.readString(models.resolve("diamonds_mlp.cases.json")));
      var request = Json.write(cases.path("request"));
      var at = URI.create(program.url());
      var head =
          "POST /v2/models/m/infer HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(at.getAuthority(), request.length(), request.substring(0, 100))
              .getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < CLIENTS; i++) {
        var connection = SocketChannel.open(new InetSocketAddress(at.getHost(), at.getPort()));
        connection.setOption(StandardSocketOptions.TCP_NODELAY, true);
        connections.add(connection);
        // A third says nothing, a third stops within the head, a third within the body.
        if (i % 3 > 0) connection.write(ByteBuffer.wrap(head, 0, i % 3 == 1 ? 20 : head.length));
      }
      var took = new long[REQUESTS];
      for (int i = 0; i < REQUESTS; i++) {
        long begin = System.nanoTime();
        assertThat(program.post("/v2/models/m/infer", request).statusCode()).isEqualTo(200);
        took[i] = (System.nanoTime() - begin) / 1_000_000;
      }
      Arrays.sort(took);
      assertThat(took[REQUESTS / 2]).as("milliseconds of a usual request").isLessThan(100);
    } finally {
      for (var connection : connections) connection.close();
    }
  }
}
