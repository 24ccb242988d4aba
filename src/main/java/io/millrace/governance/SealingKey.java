package io.millrace.governance;

import io.millrace.base.Damaged;
import io.millrace.base.InvalidInput;
import io.millrace.base.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Seals texts with AES-256-GCM, each bound to the place that it is kept at. Thread-safe. */
final class SealingKey {
  private static final int KEY_BYTES = 32;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BITS = 128;
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Set<PosixFilePermission> OWN = PosixFilePermissions.fromString("rw-------");

  private final SecretKeySpec key;
  private final String origin;

  private SealingKey(byte[] key, String origin) {
    this.key = new SecretKeySpec(key, "AES");
    this.origin = origin;
  }

  /**
   * The key of that text.
   *
   * @param origin where the text is from, for messages
   */
  static SealingKey of(String base64, String origin) {
    byte[] key;
    try {
      key = Base64.getDecoder().decode(base64.strip());
    } catch (IllegalArgumentException e) {
      key = new byte[0];
    }
    if (key.length != KEY_BYTES)
      throw new InvalidInput(
          "%s does not hold a key: expected 32 random bytes in base64, as  openssl rand -base64 32  prints them"
              .formatted(origin));
    return new SealingKey(key, origin);
  }

  /** That of the file; Refused where others than its owner may read it. */
  static SealingKey read(Path file) {
    try {
      if (isPosix(file) && !OWN.containsAll(Files.getPosixFilePermissions(file)))
        throw new Refused(
            "the file %s with the key of all secrets may be read or written by others; make it the server's own: chmod 600 %s"
                .formatted(file, file));
      return of(Files.readString(file, StandardCharsets.US_ASCII), file.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A new one, in a file that only its owner can read; durable when this returns. */
  static SealingKey create(Path file) {
    var key = new byte[KEY_BYTES];
    RANDOM.nextBytes(key);
    var text = Base64.getEncoder().encodeToString(key) + "\n";
    var beside = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.deleteIfExists(beside);
      if (isPosix(file)) Files.createFile(beside, PosixFilePermissions.asFileAttribute(OWN));
      else Files.createFile(beside);
      try (var channel = FileChannel.open(beside, StandardOpenOption.WRITE)) {
        var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
        while (bytes.hasRemaining()) channel.write(bytes);
        channel.force(true);
      }
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
      try (var folder = FileChannel.open(file.toAbsolutePath().getParent())) {
        folder.force(true);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new SealingKey(key, file.toString());
  }

  private static boolean isPosix(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  String seal(String place, String text) {
    var nonce = new byte[NONCE_BYTES];
    RANDOM.nextBytes(nonce);
    var sealed = cipher(Cipher.ENCRYPT_MODE, nonce, place, text.getBytes(StandardCharsets.UTF_8));
    var all = Arrays.copyOf(nonce, NONCE_BYTES + sealed.length);
    System.arraycopy(sealed, 0, all, NONCE_BYTES, sealed.length);
    return Base64.getEncoder().encodeToString(all);
  }

  /** Damaged where it was sealed with another key, for another place, or has been changed. */
  String open(String place, String sealed) {
    var all = Base64.getDecoder().decode(sealed);
    var nonce = Arrays.copyOf(all, NONCE_BYTES);
    var text =
        cipher(Cipher.DECRYPT_MODE, nonce, place, Arrays.copyOfRange(all, NONCE_BYTES, all.length));
    return new String(text, StandardCharsets.UTF_8);
  }

  private byte[] cipher(int mode, byte[] nonce, String place, byte[] content) {
    try {
      var cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
      cipher.updateAAD(place.getBytes(StandardCharsets.UTF_8));
      return cipher.doFinal(content);
    } catch (GeneralSecurityException e) {
      throw new Damaged(
          "secret %s was not sealed with the key of %s, or its row was changed; start the server with the key that it was set under, or set the secret again"
              .formatted(place, origin));
    }
  }
}
