package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * Puts *** in the place of every occurrence of some values, and of each longer line of one that has
 * several, in bytes that come in parts. Overlapping and touching occurrences become one ***.
 */
final class SecretMask {
  static final SecretMask NONE = new SecretMask(List.of());
  private static final byte[] STARS = "***".getBytes(StandardCharsets.US_ASCII);

  /**
   * Shorter values are not kept as secrets, and shorter lines of one are no secret by themselves.
   */
  private static final int SHORTEST = 4;

  private static final int SHORTEST_LINE = 8;

  /** Those to be masked, by their first bytes. */
  private final Map<Integer, List<byte[]>> byStart = new HashMap<>();

  private int longest;

  SecretMask(Collection<String> values) {
    var texts = new LinkedHashSet<String>();
    for (var value : values) {
      texts.add(value);
      if (value.strip().length() >= SHORTEST) texts.add(value.strip());
      value.lines().map(String::strip).filter(l -> l.length() >= SHORTEST_LINE).forEach(texts::add);
    }
    for (var text : texts) {
      var bytes = text.getBytes(StandardCharsets.UTF_8);
      longest = Math.max(longest, bytes.length);
      byStart.computeIfAbsent(start(bytes, 0), _ -> new ArrayList<>()).add(bytes);
    }
  }

  private static int start(byte[] bytes, int at) {
    return bytes[at] << 24
        | (bytes[at + 1] & 0xff) << 16
        | (bytes[at + 2] & 0xff) << 8
        | bytes[at + 3] & 0xff;
  }

  /** Where an occurrence begins and ends. */
  private record Span(int from, int to) {}

  private List<Span> spans(byte[] bytes) {
    var spans = new ArrayList<Span>();
    if (byStart.isEmpty()) return spans;
    for (int at = 0; at + SHORTEST <= bytes.length; at++) {
      int length = 0;
      for (var secret : byStart.getOrDefault(start(bytes, at), List.of()))
        if (secret.length > length && isAt(bytes, at, secret, secret.length))
          length = secret.length;
      if (length == 0) continue;
      var last = spans.isEmpty() ? null : spans.getLast();
      if (last != null && last.to() >= at)
        spans.set(spans.size() - 1, new Span(last.from(), Math.max(last.to(), at + length)));
      else spans.add(new Span(at, at + length));
    }
    return spans;
  }

  private static boolean isAt(byte[] bytes, int at, byte[] secret, int length) {
    if (at + length > bytes.length) return false;
    for (int i = 0; i < length; i++) if (bytes[at + i] != secret[i]) return false;
    return true;
  }

  /** Where the first occurrence begins that may go on behind the end; the end where none does. */
  private int open(byte[] bytes) {
    for (int at = Math.max(0, bytes.length - longest + 1); at < bytes.length; at++) {
      int length = bytes.length - at;
      var candidates =
          length >= SHORTEST
              ? List.of(byStart.getOrDefault(start(bytes, at), List.of()))
              : byStart.values();
      for (var some : candidates)
        for (var secret : some)
          if (secret.length > length && isAt(bytes, at, secret, length)) return at;
    }
    return bytes.length;
  }

  /**
   * How many of these bytes can be masked and passed on by themselves: whole lines, which no
   * occurrence leaves; 0 where more bytes are to be waited for.
   *
   * @param ended whether no more bytes come
   * @param full whether more bytes will not be waited for
   */
  int part(byte[] bytes, boolean ended, boolean full) {
    int open = ended ? bytes.length : open(bytes);
    var spans = spans(bytes);
    int safe = outside(spans, open);
    for (int end = safe; end > 0; end--)
      if (bytes[end - 1] == '\n') {
        int line = outside(spans, end);
        if (line == end) return end;
        end = line + 1;
      }
    if (ended || full) return safe > 0 ? safe : open;
    return 0;
  }

  /** That place, or the beginning of the occurrence that it lies in. */
  private static int outside(List<Span> spans, int at) {
    for (var span : spans) if (span.from() < at && at < span.to()) return span.from();
    return at;
  }

  /** The first of these bytes as text, masked. */
  String text(byte[] bytes, int length) {
    var part = length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    var masked = new ByteArrayOutputStream(length);
    int at = 0;
    for (var span : spans(part)) {
      masked.write(part, at, span.from() - at);
      masked.writeBytes(STARS);
      at = span.to();
    }
    masked.write(part, at, length - at);
    return masked.toString(StandardCharsets.UTF_8);
  }

  String text(String text) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    return text(bytes, bytes.length);
  }

  /** Whether a text, number or name in it holds one. */
  boolean finds(JsonNode json) {
    for (var entry : json.properties()) if (isMasked(entry.getKey())) return true;
    for (var inner : json) if (finds(inner)) return true;
    return json.isValueNode() && isMasked(json.asText());
  }

  private boolean isMasked(String text) {
    return !spans(text.getBytes(StandardCharsets.UTF_8)).isEmpty();
  }
}
