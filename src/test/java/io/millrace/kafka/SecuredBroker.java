package io.millrace.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;

/** A Kafka that wants TLS, and at one of two addresses the password of the user millrace too. */
public final class SecuredBroker implements AutoCloseable {
  public static final String PASSWORD = "to \"be\" or\\not";

  private final Path folder;
  private final String secured = "127.0.0.1:" + KafkaBroker.freePort();
  private final String tls = "127.0.0.1:" + KafkaBroker.freePort();
  private final Path authority;
  private final KafkaBroker broker;

  public SecuredBroker(Path folder) throws Exception {
    this.folder = folder;
    authority = certificate("broker");
    var settings = new HashMap<String, String>();
    settings.put("listeners", "SASL_SSL://%s,SSL://%s".formatted(secured, tls));
    settings.put("ssl.keystore.type", "PKCS12");
    settings.put("ssl.keystore.location", folder.resolve("broker.p12").toString());
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
    broker = new KafkaBroker(folder, settings);
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

  /** The program of the test, which is not asked who it is. */
  public KafkaBroker broker() {
    return broker;
  }

  /** Where TLS and a password are wanted. */
  public String secured() {
    return secured;
  }

  /** Where TLS alone is. */
  public String tls() {
    return tls;
  }

  /** The broker's certificate in PEM, which it signed itself. */
  public Path authority() {
    return authority;
  }

  /** A key with a certificate that it signed itself; the file has the certificate. */
  public Path certificate(String name) throws Exception {
    var store = folder.resolve(name + ".p12").toString();
    keytool(
        "-genkeypair",
        "-alias",
        name,
        "-keyalg",
        "EC",
        "-dname",
        "CN=" + name,
        "-ext",
        "san=ip:127.0.0.1",
        "-validity",
        "2",
        "-keystore",
        store,
        "-storepass",
        "changeit");
    var file = folder.resolve(name + ".pem");
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
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }

  @Override
  public void close() {
    broker.close();
  }
}
