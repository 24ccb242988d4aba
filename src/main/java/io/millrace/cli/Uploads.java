package io.millrace.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
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
    var digest = digest(file);
    var path = "/api/v1/blobs/" + digest.hex();
    if (!api.exists(path)) {
      try {
        api.upload(path, BodyPublishers.ofFile(file));
        progress.accept("uploaded %s (%,d bytes)".formatted(file.getFileName(), Files.size(file)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return digest;
  }

  /** Uploads every file of a folder; the answer maps each path in it to its digest. */
  static ObjectNode uploadFolder(Api api, Path folder, Consumer<String> progress) {
    var files = Json.object();
    try (var walked = Files.walk(folder)) {
      for (var file : walked.filter(Files::isRegularFile).sorted().toList()) {
        files.put(folder.relativize(file).toString().replace('\\', '/'), upload(api, file, progress).hex());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }
}
