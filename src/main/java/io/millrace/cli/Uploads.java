package io.millrace.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;

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
    try (var walked = Files.walk(folder)) {
      return walked
          .filter(Files::isRegularFile)
          .filter(f ->
              StreamSupport.stream(folder.relativize(f).spliterator(), false)
                  .noneMatch(s -> s.toString().startsWith(".")))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String relative(Path folder, Path file) {
    return folder.relativize(file).toString().replace('\\', '/');
  }
}
