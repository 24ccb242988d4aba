package io.millrace.serving.oip;

import io.millrace.base.InvalidInput;
import io.millrace.base.TooLarge;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts what comes over a gRPC call into its messages. Before each stand five bytes: whether it is
 * packed, and its length. For one thread at a time.
 */
final class GrpcFrames {
  static final int PREFIX = 5;

  /** One message as it came; it is unpacked where there is time for that. */
  @SuppressWarnings("ArrayRecordComponent")
  record Message(byte[] bytes, boolean packed) {}

  private final long limit;
  private Buffer pending = Buffer.buffer();

  /**
   * @param limit how many bytes a message may have
   */
  GrpcFrames(long limit) {
    this.limit = limit;
  }

  /** The messages that are complete with these bytes. */
  List<Message> add(Buffer bytes) {
    pending.appendBuffer(bytes);
    var messages = new ArrayList<Message>(1);
    int at = 0;
    while (pending.length() - at >= PREFIX) {
      byte packed = pending.getByte(at);
      long length = pending.getUnsignedInt(at + 1);
      if (packed < 0 || packed > 1)
        throw new InvalidInput(
            "a message begins with the byte %d, expected 0, or 1 for a packed one"
                .formatted(Byte.toUnsignedInt(packed)));
      if (length > limit)
        throw new TooLarge(
            "a message may have %d bytes at most, and this one has %d: send less at once"
                .formatted(limit, length));
      if (pending.length() - at - PREFIX < length) break;
      int from = at + PREFIX;
      at = from + (int) length;
      messages.add(new Message(pending.getBytes(from, at), packed == 1));
    }
    if (at > 0) pending = pending.getBuffer(at, pending.length());
    return messages;
  }

  /** Refuses a message that the end of the call cut off. */
  void end() {
    if (pending.length() > 0)
      throw new InvalidInput(
          "the call ended within a message, after %d of its bytes".formatted(pending.length()));
  }

  static Buffer frame(byte[] message) {
    return Buffer.buffer(PREFIX + message.length)
        .appendByte((byte) 0)
        .appendInt(message.length)
        .appendBytes(message);
  }
}
