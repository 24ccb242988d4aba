package io.millrace.artifacts;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Reads every other stretch of a large file that begins to be sent, so that it lies in the page
 * cache when its turn comes: two readers get two to four times of one from a disk that nobody read
 * it from before.
 */
final class ReadAhead {
  private static final long STRETCH = 8L << 20;

  /** No more is read for a client who may be slow, or go away. */
  private static final long MOST = 2L << 30;

  private ReadAhead() {}

  /** Begins with the file's bytes from that place on, in the background; short ones are let be. */
  static void begin(Path file, long from, long to) {
    if (to - from < 4 * STRETCH) return;
    Thread.ofPlatform()
        .name("read-ahead")
        .daemon()
        .start(() -> read(file, from + STRETCH, Math.min(to, from + MOST)));
  }

  private static void read(Path file, long from, long to) {
    try (var memory = Arena.ofConfined();
        var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      var buffer = memory.allocate(1 << 20).asByteBuffer();
      for (long begin = from; begin < to; begin += 2 * STRETCH)
        for (long at = begin; at < Math.min(to, begin + STRETCH); at += buffer.capacity())
          channel.read(buffer.clear(), at);
    } catch (IOException _) {
      // told by the one who sends
    }
  }
}
