package io.millrace.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Conflict;
import io.millrace.base.Json;
import io.millrace.base.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The folder that holds all of a server's state, locked against a second server. The lock is the
 * operating system's, so it goes with the process; {@code server.json} names the process and its
 * URL while it runs.
 */
final class DataFolder implements AutoCloseable {
  private final Path root;
  private final FileChannel channel;

  private DataFolder(Path root, FileChannel channel) {
    this.root = root;
    this.channel = channel;
  }

  static DataFolder open(Path root) {
    try {
      Files.createDirectories(root);
      var channel =
          FileChannel.open(
              root.resolve("server.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (locked(channel) == null) {
        channel.close();
        throw new Conflict(
            "the data folder %s is in use by a running server%s: stop it with \"millrace down\", or choose another folder with --data"
                .formatted(root, holder(root)));
      }
      Files.deleteIfExists(root.resolve("server.json"));
      return new DataFolder(root, channel);
    } catch (IOException e) {
      throw new Refused(
          "cannot write in the data folder %s (%s): make it writable, or choose another folder with --data"
              .formatted(root, reason(e)));
    }
  }

  private static @Nullable FileLock locked(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  private static String holder(Path root) {
    try {
      JsonNode server = Json.parse(Files.readString(root.resolve("server.json")));
      return " (process %s at %s)"
          .formatted(server.path("pid").asText(), server.path("url").asText());
    } catch (IOException | RuntimeException e) {
      return "";
    }
  }

  private static String reason(IOException e) {
    return e.getClass().getSimpleName().replace("Exception", "")
        + (e.getMessage() == null ? "" : ": " + e.getMessage());
  }

  Path root() {
    return root;
  }

  /** Says in the folder who serves it, for {@code down} and for the refusal of a second server. */
  void announce(String url) {
    try {
      var aside = root.resolve("server.json.new");
      Files.writeString(
          aside,
          Json.write(Json.object().put("pid", ProcessHandle.current().pid()).put("url", url)));
      Files.move(
          aside,
          root.resolve("server.json"),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(root.resolve("server.json"));
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
