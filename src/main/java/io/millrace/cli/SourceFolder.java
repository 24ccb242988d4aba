package io.millrace.cli;

import io.millrace.base.NotFound;
import io.millrace.base.Unavailable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** A folder of code: the text files that git knows or would take, or all where there is no git. */
final class SourceFolder {
  private static final long LARGEST = 1 << 20;

  private final Path folder;

  SourceFolder(Path folder) {
    if (!Files.isDirectory(folder)) throw new NotFound("folder", folder);
    this.folder = folder;
  }

  /**
   * @param leftOut what is no text or too large to be code, with the reason
   */
  record Found(SortedMap<String, Path> files, List<String> leftOut) {}

  Found files() {
    var found = new Found(new TreeMap<>(), new ArrayList<>());
    for (var file : candidates()) {
      var name = Uploads.relative(folder, file);
      try {
        if (Files.size(file) > LARGEST)
          found.leftOut().add("%s (more than %,d bytes)".formatted(name, LARGEST));
        else if (!isText(Files.readAllBytes(file))) found.leftOut().add(name + " (no text)");
        else found.files().put(name, file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return found;
  }

  /** The commit that is checked out; empty where there is none. */
  Optional<String> commit() {
    return git("rev-parse", "--verify", "HEAD").map(String::strip);
  }

  private List<Path> candidates() {
    var listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard");
    if (listed.isEmpty()) return Uploads.files(folder);
    var files = new ArrayList<Path>();
    for (var name : listed.get().split("\0")) {
      if (name.isEmpty()) continue;
      var file = folder.resolve(name);
      // Git lists what was deleted but not committed, and submodules as one name.
      if (!Files.isRegularFile(file)) continue;
      Uploads.checkLinks(folder, file);
      files.add(file);
    }
    return files;
  }

  /** What git says of the folder; empty where there is no git or no repository. */
  private Optional<String> git(String... arguments) {
    var command = new ArrayList<>(List.of("git", "-C", folder.toString()));
    command.addAll(List.of(arguments));
    try {
      var process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      process.getOutputStream().close();
      var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor() == 0 ? Optional.of(out) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted");
    }
  }

  private static boolean isText(byte[] content) {
    for (var one : content) if (one == 0) return false;
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}
