package io.millrace.artifacts;

import io.millrace.base.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Writes one new file from a stream in constant memory. What is shorter than a block is written at
 * once. Of what is longer, a thread of its own writes each block while the next is received and
 * hashed, past the page cache where the file system allows it: that spares the kernel finding pages
 * for all of it, which costs more than receiving it, and leaves nothing for the sync at the end.
 */
final class BlobWriter implements AutoCloseable {
  private static final int BLOCK = 1 << 19;

  private final Path file;
  private @Nullable Background background;

  BlobWriter(Path file) {
    this.file = file;
  }

  /** What was written, which is not durable yet. */
  record Written(Digest digest, long size) {}

  /** Writes all of the stream. To be called once. */
  Written write(InputStream source) throws IOException {
    var hash = Digest.sha256();
    var block = new byte[BLOCK];
    long written = 0;
    int filled = 0;
    for (int n = source.read(block); n >= 0; n = source.read(block, filled, BLOCK - filled)) {
      hash.update(block, filled, n);
      filled += n;
      if (filled < BLOCK) continue;
      if (background == null) background = new Background(file);
      background.write(block, written);
      written += BLOCK;
      filled = 0;
    }
    if (background != null) background.await();
    try (var end = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      writeFully(end, ByteBuffer.wrap(block, 0, filled), written);
    }
    return new Written(Digest.of(hash), written + filled);
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes, long position)
      throws IOException {
    while (bytes.hasRemaining()) channel.write(bytes, position + bytes.position());
  }

  @Override
  public void close() throws IOException {
    if (background != null) background.close();
  }

  /** The thread that writes, and the one block that it writes from. */
  private static final class Background implements AutoCloseable {
    /** At least a block of any file system, as writing past the page cache asks for. */
    private static final int ALIGNMENT = 1 << 16;

    /** How much is written between two syncs where the page cache must be used. */
    private static final long STRETCH = 32L << 20;

    /** The JDK's option for it, which is not of Java's own packages. */
    private static final @Nullable OpenOption DIRECT = directOption();

    private final FileChannel channel;
    private final boolean direct;
    // Of our own: blocks that the JDK aligns for a heap array come back only with a collection.
    private final Arena memory = Arena.ofShared();
    private final ByteBuffer block = memory.allocate(BLOCK, ALIGNMENT).asByteBuffer();
    private final ExecutorService thread =
        Executors.newSingleThreadExecutor(Thread.ofPlatform().name("blob-writer").factory());
    private @Nullable Future<?> writing;

    Background(Path file) throws IOException {
      var opened = openDirect(file);
      direct = opened != null;
      channel =
          opened != null
              ? opened
              : FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    /** Takes the bytes, once those before are written. */
    void write(byte[] bytes, long position) throws IOException {
      await();
      block.clear().put(bytes).flip();
      writing =
          thread.submit(() -> {
            writeFully(channel, block, position);
            if (!direct && (position + BLOCK) % STRETCH == 0) channel.force(false);
            return null;
          });
    }

    void await() throws IOException {
      if (writing == null) return;
      try {
        writing.get();
      } catch (ExecutionException e) {
        var cause = e.getCause() == null ? e : e.getCause();
        throw new IOException(cause.getMessage(), cause);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while a file was written", e);
      }
    }

    @Override
    public void close() throws IOException {
      thread.close();
      memory.close();
      channel.close();
    }

    /** Null where it cannot be: not every file system takes it, tmpfs for one. */
    private static @Nullable FileChannel openDirect(Path file) {
      if (DIRECT == null) return null;
      try {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, DIRECT);
      } catch (UnsupportedOperationException | IOException _) {
        return null;
      }
    }

    private static @Nullable OpenOption directOption() {
      try {
        var options = Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants();
        for (var option : options)
          if (option.toString().equals("DIRECT")) return (OpenOption) option;
        return null;
      } catch (ClassNotFoundException e) {
        return null;
      }
    }
  }
}
