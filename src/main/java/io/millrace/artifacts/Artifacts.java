package io.millrace.artifacts;

import io.millrace.base.Damaged;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.base.TooLarge;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The content-addressed store: a blob is known by the SHA-256 of its bytes, a directory by that of
 * its manifest. What put returned is durable; what is read is verified. Blobs are streamed, never
 * held whole. Thread-safe; several processes may read one store, and write it too.
 */
public final class Artifacts {
  /** No manifest is larger: about 600,000 files. */
  private static final long LARGEST_MANIFEST = 64L << 20;

  /** A blob younger than this is not made younger by asking for it. */
  static final Duration FRESH = Duration.ofHours(1);

  private final BlobFiles files;
  private final Directories directories = new Directories(this);
  private final Map<Digest, Stamp> intact = new ConcurrentHashMap<>();

  /**
   * How a file looked when its bytes were verified; it is verified again when it looks different.
   */
  private record Stamp(long size, Instant modified, @Nullable Object key) {
    static Stamp of(Path file) throws IOException {
      var attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return new Stamp(
          attributes.size(), attributes.lastModifiedTime().toInstant(), attributes.fileKey());
    }

    boolean isOlderThan(Instant time) {
      return modified.isBefore(time);
    }
  }

  /** Opens the store below root, making its folders if they are not there. */
  public Artifacts(Path root) {
    this.files = new BlobFiles(root);
  }

  public Path root() {
    return files.root();
  }

  /** Stores what the stream holds, to its end. */
  public Digest put(InputStream source) {
    return store(source, null);
  }

  /**
   * As put; InvalidInput, and nothing stored, if the bytes are not those of the expected digest.
   */
  public Digest put(InputStream source, Digest expected) {
    return store(source, expected);
  }

  public Digest put(byte[] bytes) {
    return put(new ByteArrayInputStream(bytes));
  }

  public Digest putFile(Path file) {
    try (var in = Files.newInputStream(file)) {
      return put(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Stores a manifest whose files are all here; NotFound or InvalidInput if one is not. */
  public Digest put(Manifest manifest) {
    checkFiles(manifest);
    return put(manifest.bytes());
  }

  /**
   * Refuses a manifest that names a blob which is not here or has another length, as a folder does
   * that changed while it was uploaded.
   */
  public void checkFiles(Manifest manifest) {
    manifest
        .entries()
        .forEach((path, entry) -> {
          if (!contains(entry.digest()))
            throw new NotFound(
                "blob", entry.digest(), "store \"%s\" before its directory".formatted(path));
          if (size(entry.digest()) != entry.size()) {
            throw new InvalidInput(
                "\"%s\" has %d bytes in its directory, and blob %s has %d: if the file changed while it was uploaded, upload the folder again"
                    .formatted(path, entry.size(), entry.digest(), size(entry.digest())));
          }
        });
  }

  /**
   * Stores every regular file below the folder, then the manifest. Refuses symbolic links; empty
   * folders are left out.
   */
  public Digest putDirectory(Path folder) {
    return directories.put(folder);
  }

  /** The directory of that digest. */
  public Manifest manifest(Digest digest) {
    var bytes = bytes(digest, LARGEST_MANIFEST);
    try {
      return Manifest.parse(bytes);
    } catch (InvalidInput e) {
      throw new InvalidInput("blob %s is not a directory: %s".formatted(digest, e.getMessage()));
    }
  }

  /**
   * The blob as a stream, which throws Damaged in place of its end if the bytes are not the blob's.
   */
  public InputStream open(Digest digest) {
    var file = existing(digest);
    try {
      return new BufferedInputStream(
          new VerifyingStream(Files.newInputStream(file), digest, file), BlobFiles.BUFFER);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The whole blob, verified; TooLarge if it has more bytes than the limit. */
  public byte[] bytes(Digest digest, long limit) {
    long size = size(digest);
    if (size > limit)
      throw new TooLarge(
          "blob %s has %d bytes, more than the %d that may be read at once"
              .formatted(digest, size, limit));
    try (var in = open(digest)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the blob is here; garbage collection then leaves it alone for a while. */
  public boolean contains(Digest digest) {
    var file = files.path(digest);
    var lock = files.lock(digest);
    lock.lock();
    try {
      if (!files.isHere(digest)) return false;
      var stamp = Stamp.of(file);
      if (stamp.isOlderThan(BlobFiles.now().minus(FRESH))) {
        Files.setLastModifiedTime(file, FileTime.from(BlobFiles.now()));
        if (stamp.equals(intact.get(digest))) intact.put(digest, Stamp.of(file));
      }
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make %s young: %s".formatted(file, e), e);
    } finally {
      lock.unlock();
    }
  }

  /** Deletes the blob unless somebody put it or asked for it since; says whether it did. */
  boolean deleteIfOld(Digest digest, Instant before) throws IOException {
    var file = files.path(digest);
    var lock = files.lock(digest);
    lock.lock();
    try {
      if (!files.isHere(digest) || !Stamp.of(file).isOlderThan(before)) return false;
      Files.delete(file);
      intact.remove(digest);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Length in bytes. */
  public long size(Digest digest) {
    try {
      return Files.size(existing(digest));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The blob as a local file to read, never to write: verified the first time, and again when it
   * looks changed.
   */
  public Path file(Digest digest) {
    var file = existing(digest);
    if (!isIntact(digest)) throw VerifyingStream.damaged(digest, file);
    return file;
  }

  /** As of file, for one who sends the bytes of that stretch at once. */
  public Path fileToSend(Digest digest, long from, long to) {
    var file = file(digest);
    ReadAhead.begin(file, from, to);
    return file;
  }

  /** Writes a directory out, into a folder that is new or empty. */
  public void checkOut(Digest manifest, Path target) {
    directories.checkOut(manifest(manifest), target);
  }

  /** Reads every blob and every manifest, and reports what is damaged. */
  public Verification verify(ProgressListener listener) {
    return new Scan(this, files).run(null, listener);
  }

  /**
   * As verify, and reports also what somebody refers to and is gone.
   *
   * @param held asked once, at the end
   */
  public Verification verify(Supplier<Set<Digest>> held, ProgressListener listener) {
    return new Scan(this, files).run(held, listener);
  }

  /**
   * Deletes, or only counts, the blobs that are old and not held, by themselves or by a directory.
   *
   * @param held asked once, at the beginning
   */
  Collected sweep(Supplier<Set<Digest>> held, Duration age, boolean delete) {
    var before = BlobFiles.now().minus(age);
    return new Sweep(this, files, before, delete).run(held.get());
  }

  /**
   * Deletes what a killed program left half written. To be called when nobody else uses the store.
   */
  public void dropUnfinished() {
    try {
      files.dropUnfinished();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Digest store(InputStream source, @Nullable Digest expected) {
    try {
      var received = files.receive(source);
      var digest = received.digest();
      if (expected != null && !digest.equals(expected)) {
        files.drop(received);
        throw new InvalidInput(
            "content of %d bytes".formatted(received.size()),
            "digest " + digest,
            "digest " + expected);
      }
      if (isIntact(digest)) {
        files.drop(received);
        files.syncFolder(digest);
      } else {
        files.publish(received);
        intact.put(digest, Stamp.of(files.path(digest)));
      }
      return digest;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot store into %s: %s".formatted(root(), e.getMessage()), e);
    }
  }

  private Path existing(Digest digest) {
    if (!contains(digest)) throw new NotFound("blob", digest);
    return files.path(digest);
  }

  /** Whether the blob is here and its bytes are its own. */
  private boolean isIntact(Digest digest) {
    if (!contains(digest)) return false;
    var file = files.path(digest);
    try {
      var stamp = Stamp.of(file);
      if (stamp.equals(intact.get(digest))) return true;
      try (var in = open(digest)) {
        in.transferTo(OutputStream.nullOutputStream());
      }
      intact.put(digest, stamp);
      return true;
    } catch (Damaged e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
