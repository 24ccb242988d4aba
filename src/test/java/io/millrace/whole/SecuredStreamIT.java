package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.base.Json;
import io.millrace.kafka.SecuredBroker;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged program at a broker that wants TLS and a password, which it is given as a secret.
 */
final class SecuredStreamIT {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  @TempDir Path folder;

  @Test
  void aStreamWaitsForTheRightPasswordAndNoLogHoldsAny() throws Exception {
    var wrong = "certainly not it";
    try (var kafka = new SecuredBroker(folder)) {
      kafka.broker().topic("in", 1, Map.of());
      var data = folder.resolve("data");
      var environment =
          Map.of(
              "MILLRACE_KAFKA",
              kafka.secured(),
              "MILLRACE_KAFKA_SECURITY",
              "tls,ca=%s,sasl=SCRAM-SHA-512,user=millrace,password=kafka"
                  .formatted(kafka.authority()));
      try (var program = Program.up(data, environment)) {
        secret(program, wrong);
        var model =
            Program.HOME.resolve("src/test/resources/models/titanic_logreg.onnx").toString();
        program.done("model", "import", "titanic", model);
        program.done("deploy", "titanic", "--model", "titanic");
        program.done(
            "stream", "start", "s", "--endpoint", "titanic", "--from", "in", "--to", "out");
        await(() -> shown(program).contains("retrying"), () -> "told: " + shown(program));
        assertThat(shown(program))
            .contains("refused user \\\"millrace\\\" by SCRAM-SHA-512")
            .doesNotContain(wrong);
        secret(program, SecuredBroker.PASSWORD);
        var row =
            """
            {"age": 31, "fare": 26.55, "pclass": 1, "sibsp": 0, "parch": 0, "sex": "female", "embarked": "S"}
            """;
        for (int i = 0; i < 20; i++)
          kafka.broker().send(new ProducerRecord<>("in", row.getBytes(StandardCharsets.UTF_8)));
        kafka.broker().flush();
        await(
            () -> Json.parse(shown(program)).path("counts").path("answered").asInt() == 20,
            () -> shown(program));
        assertThat(kafka.broker().all("out")).hasSize(20);
      }
      assertThat(Files.readString(data.resolve("server.log")))
          .doesNotContain(wrong)
          .doesNotContain("or\\not");
    }
  }

  private static String shown(Program program) {
    return program.get("/api/v1/streams/s").body();
  }

  private static void secret(Program program, String value) {
    var answer =
        Program.send(
            HttpRequest.newBuilder(URI.create(program.url() + "/api/v1/secrets/kafka"))
                .header("Content-Type", "application/octet-stream")
                .PUT(BodyPublishers.ofString(value, StandardCharsets.UTF_8)));
    assertThat(answer.statusCode()).as(answer.body()).isLessThan(300);
    assertThat(answer.body()).doesNotContain(value);
  }

  private static void await(BooleanSupplier condition, Supplier<String> what) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) throw new AssertionError("not in time: " + what.get());
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }
}
