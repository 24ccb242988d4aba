package io.millrace.artifacts;

import io.millrace.base.Damaged;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.TooLarge;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One pass over the whole store. Blobs published meanwhile may or may not be seen. */
final class Scan {
  private final Artifacts artifacts;
  private final BlobFiles files;
  private final List<Damage> damages = new ArrayList<>();
  private final List<Incomplete> incomplete = new ArrayList<>();
  private long blobs;
  private long bytes;

  private record Incomplete(Digest directory, Damage damage) {}

  Scan(Artifacts artifacts, BlobFiles files) {
    this.artifacts = artifacts;
    this.files = files;
  }

  Verification run(@Nullable Supplier<Set<Digest>> references, ProgressListener listener) {
    try {
      Files.walkFileTree(
          files.blobs(),
          new SimpleFileVisitor<Path>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              look(file);
              listener.progress(blobs, bytes);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Set<Digest> held = references == null ? Set.of() : references.get();
    for (var digest : new TreeSet<>(held)) {
      if (!files.isHere(digest))
        report(
            digest.hex(),
            files.path(digest),
            "it is referred to and is missing; bring the data in again, or restore the file");
    }
    for (var one : incomplete)
      if (references == null || held.contains(one.directory())) damages.add(one.damage());
    return new Verification(blobs, bytes, damages);
  }

  private void look(Path file) throws IOException {
    var relative = files.name(file);
    Digest expected;
    try {
      expected = new Digest(relative.replaceFirst("/", ""));
    } catch (InvalidInput e) {
      report("blobs/" + relative, file, "its name is no digest; delete it");
      return;
    }
    if (!Files.isRegularFile(files.path(expected)) || !file.equals(files.path(expected))) {
      report("blobs/" + relative, file, "it is no regular file in its place; delete it");
      return;
    }
    blobs++;
    var hash = Digest.sha256();
    byte[] start;
    try (var in = Files.newInputStream(file)) {
      start = in.readNBytes(Manifest.START.length);
      hash.update(start);
      bytes += start.length;
      var buffer = new byte[BlobFiles.BUFFER];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        hash.update(buffer, 0, n);
        bytes += n;
      }
    }
    if (!Digest.of(hash).equals(expected)) {
      report(
          expected.hex(),
          file,
          "its bytes have another digest; restore the file, or delete it and bring the data in again");
    } else if (Arrays.equals(start, Manifest.START)) {
      lookInto(expected, file);
    }
  }

  /**
   * A manifest is whole only with all it names. One that nobody refers to may have been uploaded
   * and then refused, or its files not yet be here.
   */
  private void lookInto(Digest digest, Path file) {
    Manifest manifest;
    try {
      manifest = artifacts.manifest(digest);
    } catch (InvalidInput | TooLarge e) {
      return; // It only begins as one.
    } catch (Damaged e) {
      report(digest.hex(), file, "its bytes changed while they were read; verify again");
      return;
    }
    manifest
        .entries()
        .forEach((path, entry) -> {
          if (!files.isHere(entry.digest()))
            incomplete.add(
                new Incomplete(
                    digest,
                    new Damage(
                        digest.hex(),
                        file,
                        "the directory names \"%s\" as blob %s, which is missing"
                            .formatted(path, entry.digest()))));
        });
  }

  private void report(String blob, Path file, String problem) {
    damages.add(new Damage(blob, file, problem));
  }
}
