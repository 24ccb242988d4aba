package io.millrace.serving.streams;

import io.millrace.base.InvalidInput;
import io.millrace.base.Refused;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The servers that the operator let streams connect to; clients name none but these. */
public record Brokers(List<String> allowed) {
  private static final Pattern ADDRESS =
      Pattern.compile("(?:[A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}]):([0-9]{1,5})");
  private static final int MOST = 100;

  public Brokers {
    allowed = List.copyOf(allowed);
  }

  /** Reads HOST:PORT,...; empty for none. */
  public static Brokers of(String text) {
    var allowed = new ArrayList<String>();
    if (!text.isBlank()) for (var part : text.split(",", -1)) allowed.add(address(part.strip()));
    if (allowed.size() > MOST)
      throw new InvalidInput("kafka", allowed.size() + " servers", "at most " + MOST);
    return new Brokers(allowed);
  }

  private static String address(String text) {
    var match = ADDRESS.matcher(text);
    if (!match.matches() || !isPort(match.group(1)))
      throw new InvalidInput(
          "kafka",
          text,
          "HOST:PORT of a Kafka server, such as 127.0.0.1:9092, or several with commas");
    return text;
  }

  private static boolean isPort(String digits) {
    int port = Integer.parseInt(digits);
    return port >= 1 && port <= 65_535;
  }

  /**
   * Where to connect, as Kafka's clients take it.
   *
   * @param named the one that a client named; null for all
   * @throws Refused if it is not allowed, or none is
   */
  String resolve(@Nullable String named) {
    if (allowed.isEmpty())
      throw new Refused(
          "this server connects to no Kafka: start it with `millrace up --kafka HOST:PORT`, or MILLRACE_KAFKA");
    if (named == null) return String.join(",", allowed);
    if (!allowed.contains(named))
      throw new Refused(
          "bootstrap: got \"%s\", expected none, or one that this server was started with (--kafka): %s"
              .formatted(named, String.join(", ", allowed)));
    return named;
  }
}
