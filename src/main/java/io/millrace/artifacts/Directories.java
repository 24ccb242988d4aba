package io.millrace.artifacts;

import io.millrace.base.Conflict;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.TreeMap;

/** Brings folders in and writes them out. */
final class Directories {
  private final Artifacts artifacts;

  Directories(Artifacts artifacts) {
    this.artifacts = artifacts;
  }

  Digest put(Path folder) {
    if (!Files.isDirectory(folder)) throw new NotFound("folder", folder);
    var paths = new TreeMap<String, Path>();
    try {
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<Path>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              if (!attributes.isRegularFile()) {
                throw new InvalidInput(
                    "%s is neither a file nor a folder: replace the link by what it points to, or leave it out"
                        .formatted(file));
              }
              paths.put(relative(folder, file), file);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    paths.keySet().forEach(Manifest::check);
    var entries = new TreeMap<String, Entry>();
    paths.forEach((path, file) -> {
      var digest = artifacts.putFile(file);
      entries.put(path, new Entry(digest, artifacts.size(digest)));
    });
    return artifacts.put(new Manifest(entries));
  }

  void checkOut(Manifest manifest, Path target) {
    try {
      Files.createDirectories(target);
      try (var present = Files.newDirectoryStream(target)) {
        if (present.iterator().hasNext())
          throw new Conflict(
              "cannot write a directory out into %s: it is not empty".formatted(target));
      }
      for (Map.Entry<String, Entry> entry : manifest.entries().entrySet()) {
        var file = target.resolve(entry.getKey());
        Files.createDirectories(file.getParent());
        try (var in = artifacts.open(entry.getValue().digest())) {
          Files.copy(in, file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String relative(Path folder, Path file) {
    return folder.relativize(file).toString().replace(file.getFileSystem().getSeparator(), "/");
  }
}
