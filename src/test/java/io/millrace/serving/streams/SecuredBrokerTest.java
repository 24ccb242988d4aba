package io.millrace.serving.streams;

import static io.millrace.serving.streams.StreamRoom.SUMS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.kafka.KafkaBroker;
import io.millrace.serving.streams.kafka.KafkaTopics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
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
  private static final String PASSWORD = "to \"be\" or\\not";

  @TempDir static Path shared;
  private static KafkaBroker broker;
  private static String secured;
  private static String tls;
  private static Path authority;

  @TempDir Path folder;
  private final Map<String, String> secrets = new HashMap<>();
  private String from;

  @BeforeAll
  static void start() throws Exception {
    authority = certificate("broker", "ip:127.0.0.1");
    secured = "127.0.0.1:" + KafkaBroker.freePort();
    tls = "127.0.0.1:" + KafkaBroker.freePort();
    var settings = new HashMap<String, String>();
    settings.put("listeners", "SASL_SSL://%s,SSL://%s".formatted(secured, tls));
    settings.put("ssl.keystore.type", "PKCS12");
    settings.put("ssl.keystore.location", shared.resolve("broker.p12").toString());
    settings.put("ssl.keystore.password", "changeit");
    settings.put("ssl.key.password", "changeit");
    settings.put("sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512");
    settings.put(
        "listener.name.sasl_ssl.plain.sasl.jaas.config",
        "org.apache.kafka.common.security.plain.PlainLoginModule required user_millrace=\"%s\";"
            .formatted(PASSWORD.replace("\\", "\\\\").replace("\"", "\\\"")));
    for (var mechanism : List.of("scram-sha-256", "scram-sha-512"))
      settings.put(
          "listener.name.sasl_ssl.%s.sasl.jaas.config".formatted(mechanism),
          "org.apache.kafka.common.security.scram.ScramLoginModule required;");
    broker = new KafkaBroker(shared, settings);
    for (var mechanism : List.of(ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512))
      broker
          .admin()
          .alterUserScramCredentials(
              List.of(
                  new UserScramCredentialUpsertion(
                      "millrace", new ScramCredentialInfo(mechanism, 4_096), PASSWORD)))
          .all()
          .get();
  }

  @AfterAll
  static void stop() {
    broker.close();
  }

  /** A key with a certificate that it signed itself; the file has the certificate. */
  private static Path certificate(String name, String address) throws Exception {
    var store = shared.resolve(name + ".p12").toString();
    keytool(
        "-genkeypair",
        "-alias",
        name,
        "-keyalg",
        "EC",
        "-dname",
        "CN=" + name,
        "-ext",
        "san=" + address,
        "-validity",
        "2",
        "-keystore",
        store,
        "-storepass",
        "changeit");
    var file = shared.resolve(name + ".pem");
    keytool(
        "-exportcert",
        "-rfc",
        "-alias",
        name,
        "-file",
        file.toString(),
        "-keystore",
        store,
        "-storepass",
        "changeit");
    return file;
  }

  private static void keytool(String... arguments) throws Exception {
    var command = new java.util.ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }

  @BeforeEach
  void topics(TestInfo test) {
    var name = test.getTestMethod().orElseThrow().getName();
    from = name + Integer.toUnsignedString(test.getDisplayName().hashCode());
    broker.topic(from, 1, Map.of());
    secrets.put("kafka@1", PASSWORD);
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
    assertThat(what).doesNotContain(PASSWORD).doesNotContain("wrong one");
    return what;
  }

  @ParameterizedTest
  @ValueSource(strings = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"})
  void aStreamRunsOverTlsUnderAPasswordThatIsASecret(String mechanism) {
    try (var room =
        room(
            secured,
            "tls,ca=%s,sasl=%s,user=millrace,password=kafka@1".formatted(authority, mechanism))) {
      answers(room);
    }
  }

  @Test
  void theAuthoritiesMayBeASecretAndTlsAloneIsEnoughWhereTheBrokerAsksForNoName() throws Exception {
    secrets.put("kafka-ca", Files.readString(authority));
    try (var room = room(tls, "tls,ca-secret=kafka-ca")) {
      answers(room);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"PLAIN", "SCRAM-SHA-512"})
  void aWrongPasswordIsToldWithTheSecretsNameAndANewOneIsTakenWithoutARestart(String mechanism) {
    secrets.put("kafka", "the wrong one");
    var security = "tls,ca=%s,sasl=%s,user=millrace,password=kafka".formatted(authority, mechanism);
    try (var room = room(secured, security)) {
      assertThat(trouble(room))
          .startsWith("Kafka at %s refused user \"millrace\" by %s (".formatted(secured, mechanism))
          .endsWith("see whether the secret kafka holds that user's password");
      secrets.put("kafka", PASSWORD + "\n");
      answers(room);
    }
  }

  @Test
  void aCertificateThatNothingVouchesForIsNotTrusted() throws Exception {
    var another = certificate("another", "ip:127.0.0.1");
    try (var room = room(tls, "tls,ca=" + another)) {
      assertThat(trouble(room))
          .startsWith("Kafka at %s is not trusted (".formatted(tls))
          .contains("the file %s does not vouch for its certificate".formatted(another))
          .endsWith("as ca=FILE or ca-secret=SECRET of --kafka-security");
    }
  }

  @Test
  void whatTheJavaRuntimeDoesNotTrustIsNotTrustedEither() {
    try (var room = room(tls, "tls")) {
      assertThat(trouble(room)).contains("the Java runtime does not vouch");
    }
  }

  @Test
  void aSecretThatIsGoneIsTheStreamsTrouble() {
    try (var room =
        room(secured, "tls,ca=%s,sasl=PLAIN,user=millrace,password=gone".formatted(authority))) {
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
