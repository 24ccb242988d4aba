package io.millrace.serving.streams;

import static io.millrace.serving.streams.StreamRoom.SUMS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.kafka.KafkaBroker;
import io.millrace.kafka.SecuredBroker;
import io.millrace.serving.streams.kafka.KafkaTopics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real Kafka that wants TLS and a password, with a certificate that was made for the test. */
class SecuredBrokerTest {
  @TempDir static Path shared;
  private static SecuredBroker kafka;
  private static KafkaBroker broker;

  @TempDir Path folder;
  private final Map<String, String> secrets = new HashMap<>();
  private String from;

  @BeforeAll
  static void start() throws Exception {
    kafka = new SecuredBroker(shared);
    broker = kafka.broker();
  }

  @AfterAll
  static void stop() {
    kafka.close();
  }

  @BeforeEach
  void topics(TestInfo test) {
    var name = test.getTestMethod().orElseThrow().getName();
    from = name + Integer.toUnsignedString(test.getDisplayName().hashCode());
    broker.topic(from, 1, Map.of());
    secrets.put("kafka@1", SecuredBroker.PASSWORD);
  }

  private StreamDefinition stream() {
    return new StreamDefinition(
        new StreamName(from), SUMS, from, from + ".out", from + ".dead", null);
  }

  private StreamRoom room(String address, String security) {
    return new StreamRoom(
        folder,
        address,
        KafkaTopics.opener(BrokerSecurity.of(security).orElse(null), this::secret));
  }

  private String secret(String reference) {
    var value = secrets.get(reference);
    if (value == null) throw new NotFound("there is no secret \"%s\"".formatted(reference));
    return value;
  }

  private void answers(StreamRoom room) {
    for (int i = 0; i < 50; i++)
      broker.send(
          new ProducerRecord<>(from, "{\"x\": %d}".formatted(i).getBytes(StandardCharsets.UTF_8)));
    broker.flush();
    room.streams.put(stream());
    room.done(stream().name(), 50);
    assertThat(broker.all(from + ".out")).hasSize(50);
  }

  /** What the stream says that it cannot go on for. */
  private String trouble(StreamRoom room) {
    room.streams.put(stream());
    StreamRoom.await(
        () -> room.streams.stream(stream().name()).state() == Stream.State.RETRYING,
        () -> room.streams.list().toString());
    var what = room.streams.stream(stream().name()).lastError().what();
    assertThat(what).doesNotContain(SecuredBroker.PASSWORD).doesNotContain("wrong one");
    return what;
  }

  @ParameterizedTest
  @ValueSource(strings = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"})
  void aStreamRunsOverTlsUnderAPasswordThatIsASecret(String mechanism) {
    try (var room =
        room(
            kafka.secured(),
            "tls,ca=%s,sasl=%s,user=millrace,password=kafka@1"
                .formatted(kafka.authority(), mechanism))) {
      answers(room);
    }
  }

  @Test
  void theAuthoritiesMayBeASecretAndTlsAloneIsEnoughWhereTheBrokerAsksForNoName() throws Exception {
    secrets.put("kafka-ca", Files.readString(kafka.authority()));
    try (var room = room(kafka.tls(), "tls,ca-secret=kafka-ca")) {
      answers(room);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"PLAIN", "SCRAM-SHA-512"})
  void aWrongPasswordIsToldWithTheSecretsNameAndANewOneIsTakenWithoutARestart(String mechanism) {
    secrets.put("kafka", "the wrong one");
    var security =
        "tls,ca=%s,sasl=%s,user=millrace,password=kafka".formatted(kafka.authority(), mechanism);
    try (var room = room(kafka.secured(), security)) {
      assertThat(trouble(room))
          .startsWith(
              "Kafka at %s refused user \"millrace\" by %s (".formatted(kafka.secured(), mechanism))
          .endsWith("see whether the secret kafka holds that user's password");
      secrets.put("kafka", SecuredBroker.PASSWORD + "\n");
      answers(room);
    }
  }

  @Test
  void aCertificateThatNothingVouchesForIsNotTrusted() throws Exception {
    var another = kafka.certificate("another");
    try (var room = room(kafka.tls(), "tls,ca=" + another)) {
      assertThat(trouble(room))
          .startsWith("Kafka at %s is not trusted (".formatted(kafka.tls()))
          .contains("the file %s does not vouch for its certificate".formatted(another))
          .endsWith("as ca=FILE or ca-secret=SECRET of --kafka-security");
    }
  }

  @Test
  void whatTheJavaRuntimeDoesNotTrustIsNotTrustedEither() {
    try (var room = room(kafka.tls(), "tls")) {
      assertThat(trouble(room)).contains("the Java runtime does not vouch");
    }
  }

  @Test
  void aSecretThatIsGoneIsTheStreamsTrouble() {
    try (var room =
        room(
            kafka.secured(),
            "tls,ca=%s,sasl=PLAIN,user=millrace,password=gone".formatted(kafka.authority()))) {
      assertThat(trouble(room)).isEqualTo("there is no secret \"gone\"");
    }
  }

  @Test
  void whatIsSaidOfSecurityIsReadStrictly() {
    assertThat(BrokerSecurity.of(" ")).isEmpty();
    refused("sasl=PLAIN", "tls first, since names and passwords go over TLS alone");
    refused("tls,cas=x", "expected KEY=VALUE of ca, ca-secret, sasl, user, password");
    refused("tls,ca=/nowhere.pem", "a file with certificates in PEM that this server can read");
    refused("tls,ca=a,ca=b", "ca is given twice");
    refused("tls,ca-secret=a,ca=b", "both ca and ca-secret are given");
    refused("tls,user=a", "expected sasl, user and password together");
    refused("tls,sasl=GSSAPI,user=a,password=b", "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512");
    assertThatThrownBy(() -> BrokerSecurity.of("tls,sasl=PLAIN,user=a,password=hunter2!"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("password is no name of a secret")
        .hasMessageNotContaining("hunter2");
  }

  private static void refused(String text, String why) {
    assertThatThrownBy(() -> BrokerSecurity.of(text))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining(why);
  }
}
