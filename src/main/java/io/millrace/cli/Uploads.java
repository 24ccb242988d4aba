package io.millrace.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Brings files to the server as blobs by digest; what it has is not sent again. */
final class Uploads {
  private Uploads() {}

  static Digest digest(Path file) {
    if (!Files.isRegularFile(file)) throw new NotFound("file", file);
    var hash = Digest.sha256();
    try (var in = Files.newInputStream(file)) {
      var buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) hash.update(buffer, 0, n);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Digest.of(hash);
  }

  static Digest upload(Api api, Path file, Consumer<String> progress) {
    return upload(api, file, file.getFileName().toString(), progress);
  }

  /**
   * @param name what the progress line calls the file
   */
  static Digest upload(Api api, Path file, String name, Consumer<String> progress) {
    var digest = digest(file);
    var path = "/api/v1/blobs/" + digest.hex();
    if (!api.exists(path)) {
      try {
        api.upload(path, BodyPublishers.ofFile(file));
        progress.accept("uploaded %s (%,d bytes)".formatted(name, Files.size(file)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return digest;
  }

  /** Uploads every file of a folder; the answer maps each path in it to its digest. */
  static ObjectNode uploadFolder(Api api, Path folder, Consumer<String> progress) {
    var files = Json.object();
    for (var file : files(folder)) {
      var name = relative(folder, file);
      files.put(name, upload(api, file, name, progress).hex());
    }
    return files;
  }

  /**
   * Uploads a folder as one directory (a manifest of its files); returns the directory's digest.
   */
  static Digest uploadDirectory(Api api, Path folder, Consumer<String> progress) {
    var document = Json.object().put("format", "millrace-directory-1");
    var entries = document.putObject("entries");
    try {
      for (var file : files(folder)) {
        var name = relative(folder, file);
        entries
            .putObject(name)
            .put("digest", upload(api, file, name, progress).hex())
            .put("size", Files.size(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var manifest = Json.canonical(document).getBytes(StandardCharsets.UTF_8);
    var digest = Digest.of(manifest);
    api.upload("/api/v1/blobs/" + digest.hex(), BodyPublishers.ofByteArray(manifest));
    return digest;
  }

  /** All files below a folder, in order; hidden ones and what is in hidden folders left out. */
  static List<Path> files(Path folder) {
    return files(folder, folder);
  }

  /**
   * As {@link #files(Path)}.
   *
   * @param root the folder or one above it, out of which no link may lead
   */
  static List<Path> files(Path root, Path folder) {
    var files = new ArrayList<Path>();
    try {
      checkLinks(root, folder);
      collect(root, folder, files);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    files.sort(null);
    return files;
  }

  private static void collect(Path root, Path folder, List<Path> files) throws IOException {
    try (var listed = Files.list(folder)) {
      for (var path : (Iterable<Path>) listed::iterator) {
        if (path.getFileName().toString().startsWith(".")) continue;
        checkLinks(root, path);
        if (Files.isDirectory(path)) collect(root, path, files);
        else if (Files.isRegularFile(path)) files.add(path);
      }
    }
  }

  /**
   * Refuses a path that goes by a link out of the root, so that a folder somebody gave away brings
   * no file of this machine along; and by a link to a folder, which may lead in a circle.
   */
  static void checkLinks(Path root, Path path) {
    if (path.equals(root)) return;
    var at = root;
    for (var name : root.relativize(path)) {
      at = at.resolve(name);
      if (!Files.isSymbolicLink(at)) continue;
      try {
        var target = at.toRealPath();
        if (!target.startsWith(root.toRealPath())) {
          throw new Refused(
              "%s is a link that leads out of %s, to %s: put a copy of the file there instead"
                  .formatted(at, root, target));
        }
        if (Files.isDirectory(target))
          throw new Refused(
              "%s is a link to the folder %s: put the folder itself there instead"
                  .formatted(at, target));
      } catch (IOException e) {
        throw new Refused(
            "%s is a link that leads nowhere: remove it, or put the file there".formatted(at));
      }
    }
  }

  static String relative(Path folder, Path file) {
    return folder.relativize(file).toString().replace('\\', '/');
  }
}
