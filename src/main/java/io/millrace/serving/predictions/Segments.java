package io.millrace.serving.predictions;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The files that predictions are appended to: a magic number of 8 bytes, then frames. A file ends
 * where its first frame is that is not whole: what a killed writer left there is cut at the next
 * start, and read by nobody before.
 */
final class Segments {
  private static final Logger LOG = System.getLogger(Segments.class.getName());
  private static final byte[] MAGIC = {'M', 'R', 'P', 'R', 'E', 'D', '0', '1'};
  private static final String SUFFIX = ".segment";

  private final Path folder;

  Segments(Path folder) {
    this.folder = folder;
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file that is appended to. */
  record Open(long number, FileChannel channel) {}

  Path path(long number) {
    return folder.resolve("%016d%s".formatted(number, SUFFIX));
  }

  /** Those that there are, by number, the oldest first. */
  NavigableMap<Long, Path> list() {
    var found = new TreeMap<Long, Path>();
    try (var files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
      for (var file : files) {
        var name = file.getFileName().toString();
        found.put(Long.parseLong(name.substring(0, name.length() - SUFFIX.length())), file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  /** Begins a file; its name is durable before anything is in it. */
  Open create(long number) throws IOException {
    var channel =
        FileChannel.open(path(number), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try {
      var magic = ByteBuffer.wrap(MAGIC);
      while (magic.hasRemaining()) channel.write(magic);
      sync(folder);
      return new Open(number, channel);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** Cuts what a killed writer left torn. To be called while nobody writes. */
  void repair() {
    for (var file : list().values()) {
      try (var channel =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        long whole = scan(channel, _ -> {});
        if (whole > 0 && whole == channel.size()) continue;
        LOG.log(
            Level.INFO,
            "segment=%s bytes=%d cut: the end was not whole"
                .formatted(file.getFileName(), channel.size() - whole));
        if (whole == 0) {
          Files.delete(file);
        } else {
          channel.truncate(whole);
          channel.force(true);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Hands over what is whole in a file; nothing where it is gone. */
  static void read(Path file, Consumer<Logged> reader) {
    scan(file, body -> reader.accept(Frames.read(body)));
  }

  /** As the other, as bodies of frames, each good until the next. */
  static void scan(Path file, Consumer<ByteBuffer> bodies) {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      scan(channel, bodies);
    } catch (NoSuchFileException e) {
      // swept meanwhile
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * As the other, only those of the last bytes of the file, from the first frame that begins there:
   * one is known by its length and checksum.
   */
  static void scanEnd(Path file, int bytes, Consumer<ByteBuffer> bodies) {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long from = channel.size() - bytes;
      if (from <= MAGIC.length) {
        scan(channel, bodies);
        return;
      }
      var in = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
      channel.position(from);
      while (in.hasRemaining() && channel.read(in) >= 0) {}
      in.flip();
      var body = frame(in);
      while (body == null && in.remaining() > Frames.HEAD) {
        in.position(in.position() + 1);
        body = frame(in);
      }
      for (; body != null; body = frame(in)) bodies.accept(body);
    } catch (NoSuchFileException e) {
      // swept meanwhile
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The body of the frame that begins here, which is passed then; null where none does. */
  private static @Nullable ByteBuffer frame(ByteBuffer in) {
    if (in.remaining() < Frames.HEAD) return null;
    int length = in.getInt(in.position());
    if (length < 1 || length > in.remaining() - Frames.HEAD) return null;
    var body = in.slice(in.position() + Frames.HEAD, length);
    if (!Frames.isWhole(body, in.getInt(in.position() + Integer.BYTES))) return null;
    in.position(in.position() + Frames.HEAD + length);
    return body;
  }

  /** Returns where the last whole frame ends; 0 where not even the magic number is whole. */
  private static long scan(FileChannel channel, Consumer<ByteBuffer> bodies) throws IOException {
    var in = ByteBuffer.allocate(Frames.HEAD + Frames.LARGEST).order(ByteOrder.LITTLE_ENDIAN);
    in.limit(0);
    channel.position(0);
    if (!fill(channel, in, MAGIC.length)) return 0;
    for (byte expected : MAGIC) if (in.get() != expected) return 0;
    long end = MAGIC.length;
    while (fill(channel, in, Frames.HEAD)) {
      int length = in.getInt();
      int crc = in.getInt();
      if (length < 1 || length > Frames.LARGEST || !fill(channel, in, length)) break;
      var body = in.slice(in.position(), length);
      if (!Frames.isWhole(body, crc)) break;
      bodies.accept(body);
      in.position(in.position() + length);
      end += Frames.HEAD + length;
    }
    return end;
  }

  /** Whether that many bytes are there to read. */
  private static boolean fill(FileChannel channel, ByteBuffer in, int bytes) throws IOException {
    if (in.remaining() >= bytes) return true;
    in.compact();
    while (in.position() < bytes && channel.read(in) >= 0) {}
    in.flip();
    return in.remaining() >= bytes;
  }

  /** Makes durable which segments there are. */
  void sync() throws IOException {
    sync(folder);
  }

  /** Makes durable which names are in a folder. */
  static void sync(Path folder) throws IOException {
    try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
