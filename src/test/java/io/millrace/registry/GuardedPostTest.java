package io.millrace.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.millrace.registry.GuardedPost.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Posts to a receiver that speaks TLS; what is called otherwise is in {@link WebhooksTest}. */
final class GuardedPostTest {
  private static final char[] PASSWORD = "changeit".toCharArray();

  @TempDir Path folder;
  private final BlockingQueue<String> bodies = new LinkedBlockingQueue<>();
  private HttpsServer receiver;
  private SSLSocketFactory trusting;

  @BeforeEach
  void start() throws Exception {
    var keys = keys("hooks.example");
    var context = SSLContext.getInstance("TLS");
    context.init(own(keys).getKeyManagers(), null, null);
    receiver = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.setHttpsConfigurator(new HttpsConfigurator(context));
    receiver.createContext(
        "/hook",
        exchange -> {
          var body = exchange.getRequestBody().readAllBytes();
          bodies.add(
              exchange.getRequestHeaders().getFirst("Host")
                  + " "
                  + new String(body, StandardCharsets.UTF_8));
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    receiver.start();
    var client = SSLContext.getInstance("TLS");
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(keys);
    client.init(null, trust.getTrustManagers(), null);
    trusting = client.getSocketFactory();
  }

  @AfterEach
  void stop() {
    receiver.stop(0);
  }

  private KeyStore keys(String name) throws Exception {
    var file = folder.resolve("keys.p12");
    var tool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "hook",
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=dns:" + name,
                "-validity",
                "2",
                "-keystore",
                file.toString(),
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .start();
    var said = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(tool.waitFor()).as(said).isZero();
    var keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      keys.load(in, PASSWORD);
    }
    return keys;
  }

  private static KeyManagerFactory own(KeyStore keys) throws GeneralSecurityException {
    var own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    own.init(keys, PASSWORD);
    return own;
  }

  private Reply send(String host, SSLSocketFactory tls) throws IOException {
    var post =
        new GuardedPost(
            true, _ -> List.of(InetAddress.getLoopbackAddress()), tls, Duration.ofSeconds(20));
    var url = new WebhookUrl("https://%s:%d/hook".formatted(host, receiver.getAddress().getPort()));
    return post.send(url, Map.of(), "hello".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aTrustedReceiverIsToldUnderItsName() throws Exception {
    assertThat(send("hooks.example", trusting)).isEqualTo(new Reply.Answered(204));
    assertThat(bodies.take())
        .isEqualTo("hooks.example:%d hello".formatted(receiver.getAddress().getPort()));
  }

  @Test
  void oneWhoseCertificateIsOfAnotherNameIsToldNothing() throws Exception {
    assertThat(send("other.example", trusting))
        .isInstanceOfSatisfying(
            Reply.Unreachable.class,
            reply -> assertThat(reply.why()).startsWith("TLS failed: ").contains("other.example"));
    assertThat(bodies).isEmpty();
  }

  @Test
  void oneWhoseCertificateNobodyTrustsIsToldNothing() throws Exception {
    assertThat(send("hooks.example", (SSLSocketFactory) SSLSocketFactory.getDefault()))
        .isInstanceOfSatisfying(
            Reply.Unreachable.class, reply -> assertThat(reply.why()).startsWith("TLS failed: "));
    assertThat(bodies).isEmpty();
  }
}
