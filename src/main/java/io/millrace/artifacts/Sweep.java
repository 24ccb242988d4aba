package io.millrace.artifacts;

import io.millrace.base.Conflict;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.TooLarge;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** One pass over the whole store that deletes what is old and not held. */
final class Sweep {
  private static final int MOST_SHOWN = 100;

  /**
   * Held blobs of at most this size are read whole before it is believed that they name nothing.
   */
  private static final int SMALL = 1 << 20;

  private final Artifacts artifacts;
  private final BlobFiles files;
  private final Instant before;
  private final boolean delete;
  private final List<Digest> first = new ArrayList<>();
  private long blobs;
  private long bytes;
  private long kept;

  Sweep(Artifacts artifacts, BlobFiles files, Instant before, boolean delete) {
    this.artifacts = artifacts;
    this.files = files;
    this.before = before;
    this.delete = delete;
  }

  Collected run(Set<Digest> held) {
    try {
      var named = closure(held);
      Files.walkFileTree(
          files.blobs(),
          new SimpleFileVisitor<Path>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              var digest = digest(file);
              if (attributes.isRegularFile() && digest.isPresent())
                look(digest.get(), attributes, named);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
              if (e instanceof NoSuchFileException) return FileVisitResult.CONTINUE;
              throw e;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Collected(0, blobs, bytes, kept, first);
  }

  private void look(Digest digest, BasicFileAttributes attributes, Set<Digest> named)
      throws IOException {
    boolean goes =
        !named.contains(digest)
            && attributes.lastModifiedTime().toInstant().isBefore(before)
            && (!delete || artifacts.deleteIfOld(digest, before));
    if (!goes) {
      kept++;
      return;
    }
    blobs++;
    bytes += attributes.size();
    if (first.size() < MOST_SHOWN) first.add(digest);
  }

  /** What is no blob is left to the scan. */
  private Optional<Digest> digest(Path file) {
    try {
      var digest = new Digest(files.name(file).replaceFirst("/", ""));
      return file.equals(files.path(digest)) ? Optional.of(digest) : Optional.empty();
    } catch (InvalidInput e) {
      return Optional.empty();
    }
  }

  /** All that is held, and all that directories among it name. */
  private Set<Digest> closure(Set<Digest> held) throws IOException {
    for (var digest : held)
      if (!files.isHere(digest))
        throw new Conflict(
            "blob %s is referred to and is missing, and with it what it may name: see `artifacts verify`, and restore it before anything is deleted"
                .formatted(digest));
    var named = new HashSet<>(held);
    var rest = new ArrayDeque<>(held);
    while (!rest.isEmpty()) {
      var digest = rest.pop();
      if (!files.isHere(digest) || !beginsAsManifest(digest)) continue;
      try {
        for (var entry : artifacts.manifest(digest).entries().values())
          if (named.add(entry.digest())) rest.push(entry.digest());
      } catch (InvalidInput | TooLarge e) {
        // It only begins as one.
      }
    }
    return named;
  }

  private boolean beginsAsManifest(Digest digest) throws IOException {
    var file = files.path(digest);
    try (InputStream in = new VerifyingStream(Files.newInputStream(file), digest, file)) {
      var start = in.readNBytes(Manifest.START.length);
      if (Files.size(file) <= SMALL) in.transferTo(OutputStream.nullOutputStream());
      return Arrays.equals(start, Manifest.START);
    }
  }
}
