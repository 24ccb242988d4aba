package io.millrace.serving.streams;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record of a topic.
 *
 * @param timestamp in milliseconds since 1970, as the topic keeps it; below 0 where it has none
 */
public record Message(
    int partition,
    long offset,
    long timestamp,
    byte @Nullable [] key,
    byte @Nullable [] value,
    List<Header> headers) {
  public Message {
    headers = List.copyOf(headers);
  }

  /** Text beside a record's value, in UTF-8 where it is one. */
  public record Header(String name, byte @Nullable [] value) {}

  /** About how much memory it takes. */
  long bytes() {
    long bytes = 128;
    if (key != null) bytes += key.length;
    if (value != null) bytes += value.length;
    for (var header : headers)
      bytes += header.name().length() + (header.value() == null ? 0 : header.value().length);
    return bytes;
  }
}
