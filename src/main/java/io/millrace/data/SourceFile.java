package io.millrace.data;

import io.millrace.base.InvalidInput;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * A text file of a source: its name for people, its bytes; unpacked where it is gzip, strictly
 * UTF-8.
 */
record SourceFile(String name, Path path) {

  /** The text; a byte order mark is left out. Faults are told with the line. */
  Reader open() throws IOException {
    var raw = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
    raw.mark(4);
    int first = raw.read();
    int second = raw.read();
    raw.reset();
    if (first == 0x1f && second == 0x8b) {
      try {
        return new Utf8(this, new BufferedInputStream(new GZIPInputStream(raw, 1 << 16), 1 << 16));
      } catch (IOException e) {
        raw.close();
        throw damaged(e);
      }
    }
    if ((first == 0xff && second == 0xfe) || (first == 0xfe && second == 0xff)) {
      raw.close();
      throw new InvalidInput("%s is UTF-16 text; save it as UTF-8".formatted(name));
    }
    return new Utf8(this, raw);
  }

  private InvalidInput damaged(IOException e) {
    return new InvalidInput(
        "%s is damaged gzip (%s); pack it again".formatted(name, e.getMessage()));
  }

  /** Decodes strictly and counts lines, so that a wrong byte can be told with its place. */
  private static final class Utf8 extends Reader {
    private final SourceFile file;
    private final InputStream in;
    private final CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    private final ByteBuffer bytes = ByteBuffer.allocate(1 << 16).flip();
    private long line = 1;
    private boolean started;
    private boolean ended;

    Utf8(SourceFile file, InputStream in) {
      this.file = file;
      this.in = in;
    }

    @Override
    public int read(char[] target, int offset, int length) throws IOException {
      if (length == 0) return 0;
      var chars = CharBuffer.wrap(target, offset, length).slice();
      while (true) {
        int before = chars.position();
        var result = decoder.decode(bytes, chars, ended);
        for (int i = before; i < chars.position(); i++)
          if (chars.array()[offset + i] == '\n') line++;
        if (result.isError()) {
          throw new InvalidInput(
              "%s, line %d: the byte 0x%02X is not UTF-8 text; save the file as UTF-8"
                  .formatted(file.name(), line, bytes.get(bytes.position())));
        }
        if (!started && chars.position() > 0) {
          started = true;
          if (target[offset] == '\uFEFF') {
            System.arraycopy(target, offset + 1, target, offset, chars.position() - 1);
            chars.position(chars.position() - 1);
          }
        }
        if (chars.position() > 0 && (result.isOverflow() || !chars.hasRemaining()))
          return chars.position();
        if (ended) return chars.position() == 0 ? -1 : chars.position();
        if (result.isUnderflow()) fill();
      }
    }

    private void fill() throws IOException {
      bytes.compact();
      try {
        int count = in.read(bytes.array(), bytes.position(), bytes.remaining());
        if (count < 0) ended = true;
        else bytes.position(bytes.position() + count);
      } catch (ZipException | java.io.EOFException e) {
        throw file.damaged(e);
      }
      bytes.flip();
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
