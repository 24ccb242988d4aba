package io.millrace.serving.oip;

import io.millrace.base.InvalidInput;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What follows the JSON of an HTTP request: the inputs' bytes, one after another in the order of
 * the inputs.
 */
final class BinaryData {
  private final ByteBuffer rest;

  private BinaryData(ByteBuffer rest) {
    this.rest = rest;
  }

  /**
   * The length of the JSON that a body begins with.
   *
   * @param header the value of Inference-Header-Content-Length; null for a body that is all JSON
   */
  static int jsonLength(@Nullable String header, int bodyLength) {
    if (header == null) return bodyLength;
    int length;
    try {
      length = Integer.parseInt(header.strip());
    } catch (NumberFormatException e) {
      length = -1;
    }
    if (length < 0 || length > bodyLength)
      throw new InvalidInput(
          "header Inference-Header-Content-Length",
          header,
          "the length of the JSON in bytes, 0 to %d for this body".formatted(bodyLength));
    return length;
  }

  static BinaryData after(byte[] body, int jsonLength) {
    return new BinaryData(ByteBuffer.wrap(body, jsonLength, body.length - jsonLength));
  }

  ByteBuffer take(String place, long size) {
    if (size > rest.remaining())
      throw new InvalidInput(
          "%s: binary_data_size is %d, and %d bytes are left after the JSON and the inputs before"
              .formatted(place, size, rest.remaining()));
    var bytes = rest.slice(rest.position(), (int) size);
    rest.position(rest.position() + (int) size);
    return bytes;
  }

  void end() {
    if (rest.hasRemaining())
      throw new InvalidInput(
          "%d bytes are left after the last input: they belong to none (the sizes are each input's parameter binary_data_size)"
              .formatted(rest.remaining()));
  }
}
