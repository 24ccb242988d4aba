package io.millrace.serving.oip;

import io.millrace.base.InvalidInput;
import io.millrace.base.TooLarge;
import io.millrace.base.Unsupported;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** The packed forms that bodies may have: gzip, and deflate in the form of zlib. */
enum Packing {
  GZIP,
  DEFLATE;

  /** Answers below this size are not packed: that would cost more than it saves. */
  static final int LEAST_PACKED = 1024;

  private static final int PIECE = 16 * 1024;

  /** What a body says of itself; null for one that is not packed. */
  static @Nullable Packing of(@Nullable String contentEncoding) {
    if (contentEncoding == null) return null;
    return switch (contentEncoding.strip().toLowerCase(Locale.ROOT)) {
      case "", "identity" -> null;
      case "gzip", "x-gzip" -> GZIP;
      case "deflate" -> DEFLATE;
      case String other ->
          throw new Unsupported(
              "Content-Encoding \"%s\" is not read here: send gzip, deflate or the body as it is"
                  .formatted(other.length() <= 50 ? other : other.substring(0, 50) + "..."));
    };
  }

  /** The first that the client takes; null where it takes none or does not say. */
  static @Nullable Packing accepted(@Nullable String acceptEncoding) {
    if (acceptEncoding == null) return null;
    for (var part : acceptEncoding.toLowerCase(Locale.ROOT).split(",", 32)) {
      var token = part.strip();
      int semicolon = token.indexOf(';');
      var name = semicolon < 0 ? token : token.substring(0, semicolon).strip();
      var weight = semicolon < 0 ? "" : token.substring(semicolon + 1).replace(" ", "");
      if (weight.matches("q=0(\\.0*)?")) continue;
      if (name.equals("gzip")) return GZIP;
      if (name.equals("deflate")) return DEFLATE;
    }
    return null;
  }

  /** The name in HTTP's headers. */
  String header() {
    return name().toLowerCase(Locale.ROOT);
  }

  byte[] pack(byte[] bytes) {
    var out = new ByteArrayOutputStream(bytes.length / 2 + 64);
    try (var packer = packer(out)) {
      packer.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private OutputStream packer(OutputStream out) throws IOException {
    return switch (this) {
      case GZIP -> new GZIPOutputStream(out, PIECE);
      case DEFLATE -> new DeflaterOutputStream(out, new Deflater(Deflater.BEST_SPEED), PIECE);
    };
  }

  /**
   * @param limit how many bytes may come out of it
   */
  byte[] unpack(byte[] packed, long limit) {
    var out = new ByteArrayOutputStream(Math.max(64, packed.length * 2));
    try (var unpacker = unpacker(packed)) {
      var piece = new byte[PIECE];
      for (int got = unpacker.read(piece); got >= 0; got = unpacker.read(piece)) {
        if (out.size() + (long) got > limit)
          throw new TooLarge(
              "the %s body is larger than %d bytes when it is unpacked: send less at once"
                  .formatted(header(), limit));
        out.write(piece, 0, got);
      }
    } catch (EOFException e) {
      throw new InvalidInput("the body says it is %s, and ends too early".formatted(header()));
    } catch (ZipException e) {
      throw new InvalidInput(
          "the body says it is %s, and is not: %s".formatted(header(), e.getMessage()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private InputStream unpacker(byte[] packed) throws IOException {
    var in = new ByteArrayInputStream(packed);
    return switch (this) {
      case GZIP -> new GZIPInputStream(in, PIECE);
      case DEFLATE -> new InflaterInputStream(in);
    };
  }
}
