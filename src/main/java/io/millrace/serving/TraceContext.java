package io.millrace.serving;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a request belongs to, as W3C's traceparent says.
 *
 * @param trace 32 hexadecimal digits
 * @param span 16 hexadecimal digits, the caller's
 * @param sampled whether the caller keeps the trace
 */
public record TraceContext(String trace, String span, boolean sampled) {
  private static final Pattern SHAPE =
      Pattern.compile("([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");

  /** Null where there is none, or none that the standard allows, which begins a trace anew. */
  static @Nullable TraceContext of(@Nullable String traceparent) {
    if (traceparent == null) return null;
    var parts = SHAPE.matcher(traceparent.strip());
    if (!parts.matches()) return null;
    var version = parts.group(1);
    if (version.equals("ff") || (version.equals("00") && parts.group(5) != null)) return null;
    if (isZero(parts.group(2)) || isZero(parts.group(3))) return null;
    boolean sampled = (Integer.parseInt(parts.group(4), 16) & 1) == 1;
    return new TraceContext(parts.group(2), parts.group(3), sampled);
  }

  private static boolean isZero(String digits) {
    return digits.chars().allMatch(digit -> digit == '0');
  }
}
