package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.millrace.base.Json;
import io.millrace.base.Refused;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class InitCommandTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"../evil", "a/../../evil", "/tmp/evil", "a//b", "a\\b", "", "a/."})
  void aServerCannotNameAFileOutsideTheNewFolder(String path) throws Exception {
    var answer = Json.object().put("pipeline", "p");
    answer.putObject("files").put("aaa.yaml", "name: p\n").put(path, "evil");
    answer.putArray("notes");
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          boolean head = exchange.getRequestMethod().equals("HEAD");
          var body = answer.toString().getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, head ? -1 : body.length);
          if (!head) exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try {
      var init = new InitCommand();
      init.connection = new Connection();
      init.connection.server = "http://127.0.0.1:" + server.getAddress().getPort();
      init.folder = folder.resolve("project");
      init.data = Files.writeString(folder.resolve("t.csv"), "a,b\n1,2\n");
      init.label = "b";
      assertThatThrownBy(init::run)
          .isInstanceOf(Refused.class)
          .hasMessageContaining("named a file \"" + path + "\"")
          .hasMessageContaining("nothing was written");
    } finally {
      server.stop(0);
    }
    assertThat(folder.resolve("project")).doesNotExist();
    assertThat(folder.resolve("evil")).doesNotExist();
  }
}
