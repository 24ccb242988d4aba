package io.millrace.serving.oip;

/**
 * How large a request may be, in bytes, packed or not: an HTTP body, a gRPC message.
 *
 * @param bytes of one; all that are held at once may have {@link #HELD} times as many
 */
public record BodyLimit(long bytes) {
  static final int HELD = 4;
}
