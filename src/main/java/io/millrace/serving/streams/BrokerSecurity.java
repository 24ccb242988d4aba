package io.millrace.serving.streams;

import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How this server connects to the brokers that its operator let it connect to. Passwords are named,
 * never held here.
 *
 * @param authorities whose certificates are trusted; null for those that the Java runtime trusts
 */
public record BrokerSecurity(@Nullable Authorities authorities, @Nullable Login login) {
  /** The environment variable that says it. */
  public static final String VARIABLE = "MILLRACE_KAFKA_SECURITY";

  /** Certificates in PEM: a file of the operator's, or a secret. */
  public sealed interface Authorities {
    record InFile(Path file) implements Authorities {}

    record InSecret(String reference) implements Authorities {}
  }

  /** How a broker is told who this server is. */
  public enum Mechanism {
    PLAIN("PLAIN"),
    SCRAM_SHA_256("SCRAM-SHA-256"),
    SCRAM_SHA_512("SCRAM-SHA-512");

    private final String word;

    Mechanism(String word) {
      this.word = word;
    }

    /** As Kafka calls it. */
    public String word() {
      return word;
    }

    static Mechanism of(String word) {
      for (var mechanism : values()) if (mechanism.word.equals(word)) return mechanism;
      throw new InvalidInput("kafka security: sasl", word, "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512");
    }
  }

  /**
   * @param password the secret that holds it, as NAME or NAME@VERSION
   */
  public record Login(Mechanism mechanism, String user, String password) {}

  private static final List<String> KEYS = List.of("ca", "ca-secret", "sasl", "user", "password");
  private static final Pattern SECRET =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}(?:@[1-9][0-9]{0,8})?");
  private static final Pattern USER = Pattern.compile("[^\\p{Cntrl},]{1,255}");

  /**
   * Reads tls,ca=FILE,sasl=MECHANISM,user=NAME,password=SECRET; empty where the text is, for
   * brokers that are spoken to in the clear.
   */
  public static Optional<BrokerSecurity> of(String text) {
    if (text.isBlank()) return Optional.empty();
    var given = new LinkedHashMap<String, String>();
    var parts = text.strip().split(",", -1);
    if (!parts[0].strip().equals("tls"))
      throw new InvalidInput(
          "kafka security",
          text,
          "tls first, since names and passwords go over TLS alone, as in tls,sasl=SCRAM-SHA-512,user=NAME,password=SECRET");
    for (int i = 1; i < parts.length; i++) {
      int equals = parts[i].indexOf('=');
      var key = equals < 0 ? parts[i].strip() : parts[i].substring(0, equals).strip();
      if (equals < 0 || !KEYS.contains(key))
        throw new InvalidInput(
            "kafka security",
            parts[i],
            "KEY=VALUE of %s%s".formatted(String.join(", ", KEYS), Names.suggestion(key, KEYS)));
      if (given.put(key, parts[i].substring(equals + 1).strip()) != null)
        throw new InvalidInput("kafka security: %s is given twice".formatted(key));
    }
    return Optional.of(new BrokerSecurity(authorities(given), login(given)));
  }

  private static @Nullable Authorities authorities(Map<String, String> given) {
    var file = given.get("ca");
    var secret = given.get("ca-secret");
    if (file != null && secret != null)
      throw new InvalidInput("kafka security: both ca and ca-secret are given, expected one");
    if (secret != null) return new Authorities.InSecret(secret("ca-secret", secret));
    if (file == null) return null;
    var path = Path.of(file).toAbsolutePath();
    if (!Files.isRegularFile(path) || !Files.isReadable(path))
      throw new InvalidInput(
          "kafka security: ca", file, "a file with certificates in PEM that this server can read");
    return new Authorities.InFile(path);
  }

  private static @Nullable Login login(Map<String, String> given) {
    var sasl = given.get("sasl");
    var user = given.get("user");
    var password = given.get("password");
    if (sasl == null && user == null && password == null) return null;
    if (sasl == null || user == null || password == null)
      throw new InvalidInput(
          "kafka security: got %s, expected sasl, user and password together"
              .formatted(String.join(", ", given.keySet())));
    if (!USER.matcher(user).matches())
      throw new InvalidInput("kafka security: user", user, "a name of 1 to 255 characters");
    return new Login(Mechanism.of(sasl), user, secret("password", password));
  }

  /** The value is not repeated: it may be a password that was put where its name belongs. */
  private static String secret(String key, String reference) {
    if (!SECRET.matcher(reference).matches())
      throw new InvalidInput(
          "kafka security: %s is no name of a secret: expected NAME or NAME@VERSION of one that was set with  millrace secret set NAME"
              .formatted(key));
    return reference;
  }
}
