package io.millrace.serving.streams;

import io.millrace.base.InvalidInput;
import io.millrace.serving.EndpointName;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a stream does.
 *
 * @param from the topic that it reads
 * @param to the topic of its answers
 * @param deadLetters the topic of what cannot be answered
 * @param bootstrap one of the servers that the operator allowed; null for all of them
 */
public record StreamDefinition(
    StreamName name,
    EndpointName endpoint,
    String from,
    String to,
    String deadLetters,
    @Nullable String bootstrap) {
  private static final Pattern TOPIC = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9._-]{1,249}");

  public StreamDefinition {
    topic("from", from);
    topic("to", to);
    topic("dead_letters", deadLetters);
    if (from.equals(to) || from.equals(deadLetters) || to.equals(deadLetters))
      throw new InvalidInput(
          "from, to and dead_letters: got \"%s\", \"%s\" and \"%s\", expected three different topics"
              .formatted(from, to, deadLetters));
  }

  /** Where dead letters go unless something else is said. */
  public static String deadLetters(String to) {
    return to + ".dead";
  }

  private static void topic(String what, String name) {
    if (!TOPIC.matcher(name).matches())
      throw new InvalidInput(
          what, name, "a topic's name: 1-249 of A-Z a-z 0-9 . _ -, not \".\" nor \"..\"");
  }
}
