package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.base.Refused;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationTest {
  private static final Path DATA = Path.of("data");

  @Test
  void everythingWrongIsReportedAtOnce() {
    var around =
        new Configuration.Surroundings(
            "", "gpu=none", "", "collector:4318", "here", "tls,password=to be or not");
    var environment = Environment.of(Map.of("MILLRACE_LOG_FLUSH_MILLIS", "1s"));
    assertThatThrownBy(() -> new Configuration(DATA, "a b", -3, 0, 1, false, around, environment))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "host: got \"a b\", expected an address such as 127.0.0.1; port: got -3, expected 1 to 65535, or 0 for any free one; "
                + "document limit: got 0, expected a number of bytes; pools: gpu: got \"none\", expected 1 to 1,000,000; "
                + "OTLP endpoint: got \"collector:4318\", expected a URL of http or https, such as http://127.0.0.1:4318; "
                + "kafka: got \"here\", expected HOST:PORT of a Kafka server, such as 127.0.0.1:9092, or several with commas; "
                + "kafka security: got password, expected sasl, user and password together; "
                + "MILLRACE_LOG_FLUSH_MILLIS: got \"1s\", expected 10 to 60,000 milliseconds");
  }

  @Test
  void theFlushIntervalIsMillisecondsWithinBounds() {
    assertThat(flush("")).isEqualTo(Duration.ofSeconds(1));
    assertThat(flush(" 250 ")).isEqualTo(Duration.ofMillis(250));
    assertThatThrownBy(() -> flush("9"))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("MILLRACE_LOG_FLUSH_MILLIS: got \"9\", expected 10 to 60,000 milliseconds");
  }

  private static Duration flush(String millis) {
    return Environment.of(Map.of("MILLRACE_LOG_FLUSH_MILLIS", millis)).flush();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.8.9.10", "localhost", "LOCALHOST", "::1", "[::1]"})
  void loopbackAddressesAreTaken(String host) {
    assertThat(new Configuration(DATA, host.replace("[", "").replace("]", ""), 8080).data())
        .isAbsolute();
    assertThat(Loopback.isLoopback(host)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "::",
        "192.168.1.7",
        "example.org",
        "127.0.0.1.example.org",
        "localhost.example.org",
        "127.0.0.256"
      })
  void otherAddressesAreRefusedUntilThereIsAuthentication(String host) {
    assertThatThrownBy(() -> new Configuration(DATA, host, 8080))
        .isInstanceOf(Refused.class)
        .hasMessageContaining("until authentication is configured");
  }
}
