package io.millrace.artifacts;

import io.millrace.base.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where blobs lie on disk and how they get there. A blob appears whole or not at all, and is
 * durable once publish returns: written aside in {@code incoming}, fsync of the file, rename, fsync
 * of the folder.
 */
final class BlobFiles {
  private static final int FOLDERS = 256;
  static final int BUFFER = 1 << 18;

  private final Path root;
  private final Path blobs;
  private final Path incoming;
  private final ReentrantLock[] locks = new ReentrantLock[FOLDERS];

  BlobFiles(Path root) {
    this.root = root.toAbsolutePath().normalize();
    this.blobs = this.root.resolve("blobs");
    this.incoming = this.root.resolve("incoming");
    Arrays.setAll(locks, _ -> new ReentrantLock());
    try {
      Files.createDirectories(incoming);
      boolean made = false;
      for (int i = 0; i < FOLDERS; i++) {
        var folder = blobs.resolve("%02x".formatted(i));
        made |= !Files.isDirectory(folder);
        Files.createDirectories(folder);
      }
      if (made) {
        sync(blobs);
        sync(this.root);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot use %s as the artifact store: %s".formatted(root, e.getMessage()), e);
    }
  }

  Path root() {
    return root;
  }

  Path blobs() {
    return blobs;
  }

  Path path(Digest digest) {
    return folder(digest).resolve(digest.hex().substring(2));
  }

  /** Where a file lies below the blobs' folder, such as ab/cdef... for a blob. */
  String name(Path file) {
    return blobs.relativize(file).toString().replace(file.getFileSystem().getSeparator(), "/");
  }

  boolean isHere(Digest digest) {
    return Files.isRegularFile(path(digest));
  }

  /** Held while a blob's file is judged and then changed: made young, replaced or deleted. */
  ReentrantLock lock(Digest digest) {
    return locks[Integer.parseInt(digest.hex(), 0, 2, 16)];
  }

  private Path folder(Digest digest) {
    return blobs.resolve(digest.hex().substring(0, 2));
  }

  /** A file that was written aside: not yet a blob. */
  record Incoming(Path file, Digest digest, long size) {}

  /**
   * Streams bytes aside, counting and digesting them. Nothing is left behind if the source fails.
   */
  Incoming receive(InputStream source) throws IOException {
    var file = incoming.resolve(UUID.randomUUID().toString());
    try (var writer = new BlobWriter(file)) {
      var written = writer.write(source);
      return new Incoming(file, written.digest(), written.size());
    } catch (IOException | RuntimeException | Error e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  void drop(Incoming received) throws IOException {
    Files.deleteIfExists(received.file());
  }

  /**
   * Makes what was received a blob; replaces a file of that name, which then must be damaged or
   * equal.
   */
  void publish(Incoming received) throws IOException {
    try (var channel = FileChannel.open(received.file(), StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    received.file().toFile().setReadOnly();
    var lock = lock(received.digest());
    lock.lock();
    try {
      Files.setLastModifiedTime(received.file(), FileTime.from(now()));
      Files.move(received.file(), path(received.digest()), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      lock.unlock();
    }
    syncFolder(received.digest());
  }

  /** The machine's time, which is what file systems keep. */
  static Instant now() {
    return Instant.now();
  }

  /** Makes durable that the blob's name is in its folder. */
  void syncFolder(Digest digest) throws IOException {
    sync(folder(digest));
  }

  private static void sync(Path folder) throws IOException {
    try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Deletes what a killed program left half written. */
  void dropUnfinished() throws IOException {
    try (var files = Files.newDirectoryStream(incoming)) {
      for (var file : files) Files.deleteIfExists(file);
    }
  }
}
