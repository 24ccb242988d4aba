package io.millrace.serving.streams.kafka;

import io.millrace.base.Refused;
import io.millrace.base.Unavailable;
import io.millrace.serving.streams.BrokerSecurity;
import io.millrace.serving.streams.BrokerSecurity.Authorities;
import io.millrace.serving.streams.BrokerSecurity.Login;
import io.millrace.serving.streams.Topics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.UnsupportedSaslMechanismException;
import org.jspecify.annotations.Nullable;

/** The way of one opening of a stream's topics to Kafka: where, and with which credentials. */
final class Link {
  private static final int MOST_BYTES = 1 << 20;

  private final Topics.Source source;
  private final @Nullable BrokerSecurity security;
  private final Map<String, Object> settings;

  /**
   * @param secrets opens a secret by NAME or NAME@VERSION; asked now, so that a new version counts
   *     from the next opening on
   */
  Link(Topics.Source source, @Nullable BrokerSecurity security, UnaryOperator<String> secrets) {
    this.source = source;
    this.security = security;
    this.settings = security == null ? Map.of() : settings(security, secrets);
  }

  Topics.Source source() {
    return source;
  }

  /** For Kafka's clients, which show none of it: what is secret is a Password to them. */
  Map<String, Object> settings() {
    return settings;
  }

  private static Map<String, Object> settings(
      BrokerSecurity security, UnaryOperator<String> secrets) {
    var settings = new HashMap<String, Object>();
    var login = security.login();
    settings.put(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, login == null ? "SSL" : "SASL_SSL");
    if (security.authorities() != null) {
      settings.put(SslConfigs.SSL_TRUSTSTORE_TYPE_CONFIG, "PEM");
      settings.put(
          SslConfigs.SSL_TRUSTSTORE_CERTIFICATES_CONFIG,
          new Password(pem(security.authorities(), secrets)));
    }
    if (login != null) {
      settings.put(SaslConfigs.SASL_MECHANISM, login.mechanism().word());
      settings.put(
          SaslConfigs.SASL_JAAS_CONFIG,
          new Password(
              "%s required username=\"%s\" password=\"%s\";"
                  .formatted(
                      module(login),
                      quoted(login.user()),
                      quoted(password(login, secrets.apply(login.password()))))));
    }
    return settings;
  }

  private static String pem(Authorities authorities, UnaryOperator<String> secrets) {
    var pem =
        switch (authorities) {
          case Authorities.InFile(var file) -> read(file);
          case Authorities.InSecret(var reference) -> secrets.apply(reference);
        };
    if (!pem.contains("-----BEGIN CERTIFICATE-----"))
      throw new Refused(
          "%s holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----"
              .formatted(called(authorities)));
    return pem;
  }

  private static String called(Authorities authorities) {
    return switch (authorities) {
      case Authorities.InFile(var file) -> "the file " + file;
      case Authorities.InSecret(var reference) -> "the secret " + reference;
    };
  }

  private static String read(Path file) {
    try {
      if (Files.size(file) > MOST_BYTES)
        throw new Refused(
            "the file %s has %d bytes, the limit for certificates is %d"
                .formatted(file, Files.size(file), MOST_BYTES));
      return Files.readString(file);
    } catch (IOException e) {
      throw new Unavailable("the file %s cannot be read: %s".formatted(file, e.getMessage()));
    }
  }

  private static String module(Login login) {
    return switch (login.mechanism()) {
      case PLAIN -> "org.apache.kafka.common.security.plain.PlainLoginModule";
      case SCRAM_SHA_256, SCRAM_SHA_512 ->
          "org.apache.kafka.common.security.scram.ScramLoginModule";
    };
  }

  /** A line's end at the end is of the file that the secret was set from. */
  private static String password(Login login, String secret) {
    var password = secret.replaceFirst("\\R\\z", "");
    if (password.chars().anyMatch(Character::isISOControl))
      throw new Refused(
          "the secret %s is no password for Kafka: it holds control characters"
              .formatted(login.password()));
    return password;
  }

  private static String quoted(String text) {
    return text.replace("\\", "\\\\").replace("\"", "\\\"");
  }

  /** What Kafka's client throws, told as what cannot be done now and why. */
  Unavailable unavailable(Throwable cause) {
    var root = cause;
    for (var at = cause; at != null; root = at, at = at.getCause()) {
      switch (at) {
        case SaslAuthenticationException e -> {
          return refused(e.getMessage());
        }
        case UnsupportedSaslMechanismException e -> {
          return refused(e.getMessage());
        }
        case SslAuthenticationException e -> {
          return untrusted(e);
        }
        default -> {}
      }
    }
    return new Unavailable(
        "Kafka at %s: %s (%s)"
            .formatted(source.bootstrap(), root.getMessage(), root.getClass().getSimpleName()));
  }

  private Unavailable refused(@Nullable String why) {
    var login = security == null ? null : security.login();
    if (login == null)
      return new Unavailable(
          "Kafka at %s wants to know who this is (%s): start the server with sasl, user and password in --kafka-security"
              .formatted(source.bootstrap(), why));
    return new Unavailable(
        "Kafka at %s refused user \"%s\" by %s (%s): see whether the secret %s holds that user's password"
            .formatted(
                source.bootstrap(), login.user(), login.mechanism().word(), why, login.password()));
  }

  private Unavailable untrusted(Throwable cause) {
    var root = cause;
    while (root.getCause() != null) root = root.getCause();
    var why = String.valueOf(root.getMessage());
    if (why.toLowerCase(Locale.ROOT).contains("unrecognized ssl message"))
      return new Unavailable(
          "Kafka at %s does not speak TLS there (%s): name its TLS port with --kafka"
              .formatted(source.bootstrap(), why));
    var authorities = security == null ? null : security.authorities();
    return new Unavailable(
        "Kafka at %s is not trusted (%s): %s does not vouch for its certificate and name; give what does as ca=FILE or ca-secret=SECRET of --kafka-security"
            .formatted(
                source.bootstrap(),
                why,
                authorities == null ? "the Java runtime" : called(authorities)));
  }

  /** Where no answer came. */
  Unavailable silent(int seconds) {
    return new Unavailable(
        "Kafka at %s did not answer within %d s: see whether it runs there%s"
            .formatted(
                source.bootstrap(),
                seconds,
                security == null ? ", and wants no TLS (--kafka-security)" : ""));
  }
}
