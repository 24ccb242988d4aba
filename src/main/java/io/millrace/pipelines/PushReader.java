package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Refused;
import io.millrace.base.TooLarge;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Reads what GitHub, and others in its way, tell of a push, once its signature has been checked.
 */
final class PushReader {
  static final int MOST_BYTES = 4 << 20;
  private static final String BRANCH = "refs/heads/";
  private static final List<String> CHANGES = List.of("added", "modified", "removed");

  private final @Nullable String secret;

  /**
   * @param secret what the sender signs with; null refuses all
   */
  PushReader(@Nullable String secret) {
    this.secret = secret == null || secret.isBlank() ? null : secret;
  }

  /**
   * The push; empty for other events, and for what changes no branch's files.
   *
   * @param signature {@code sha256=} and the HMAC-SHA256 of the body in hexadecimal digits
   */
  Optional<Push> read(@Nullable String signature, @Nullable String event, byte[] body) {
    if (secret == null)
      throw new Refused(
          "pushes are not taken: start the server with the environment variable MILLRACE_PUSH_SECRET set to the secret that the sender signs with");
    if (body.length > MOST_BYTES)
      throw new TooLarge("a push may have %d bytes at most".formatted(MOST_BYTES));
    if (signature == null)
      throw new Refused(
          "the header X-Hub-Signature-256 is missing; give the sender the secret that the server was started with");
    if (!MessageDigest.isEqual(
        signature.getBytes(StandardCharsets.UTF_8),
        signature(secret, body).getBytes(StandardCharsets.UTF_8)))
      throw new Refused(
          "X-Hub-Signature-256 is not the signature of this body; see that the sender's secret is the server's MILLRACE_PUSH_SECRET");
    if (event != null && !event.equals("push")) return Optional.empty();
    return push(body);
  }

  static String signature(String secret, byte[] body) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return "sha256=" + HexFormat.of().formatHex(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // Every Java has HMAC-SHA256.
    }
  }

  private static Optional<Push> push(byte[] body) {
    var message = Json.read(body, JsonNode.class);
    var ref = message.path("ref");
    if (!ref.isTextual())
      throw new InvalidInput(
          "\"ref\" is missing; expected the body of a push event, such as {\"ref\": \"refs/heads/main\", \"after\": COMMIT, \"commits\": [...]}");
    if (!ref.textValue().startsWith(BRANCH) || message.path("deleted").asBoolean())
      return Optional.empty();
    var paths = new TreeSet<String>();
    for (var commit : message.path("commits"))
      for (var change : CHANGES) commit.path(change).forEach(path -> paths.add(path.asText()));
    return Optional.of(
        new Push(
            message.path("repository").path("full_name").asText(),
            ref.textValue().substring(BRANCH.length()),
            message.path("after").asText(),
            List.copyOf(paths),
            Digest.of(body)));
  }
}
