package io.millrace.artifacts;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A directory by content: the files below it by relative path. Its own digest is that of {@link
 * #bytes}, which are the same for equal entries; so two directories are equal exactly if their
 * digests are.
 *
 * <p>Paths are checked here, once, so that whoever holds a Manifest may resolve them below any
 * folder: separated by '/', never absolute, no empty, "." or ".." segment, no backslash, no control
 * character, and no path that is both a file and a folder.
 */
public record Manifest(SortedMap<String, Entry> entries) {
  static final String FORMAT = "millrace-directory-1";

  /** What every manifest begins with, its keys being sorted. */
  static final byte[] START = "{\"entries\":{".getBytes(StandardCharsets.UTF_8);

  private static final int LONGEST_PATH = 1024;
  private static final int LONGEST_SEGMENT = 255;

  public Manifest {
    entries = Collections.unmodifiableSortedMap(new TreeMap<>(entries));
    entries.keySet().forEach(Manifest::check);
    var folders = new HashSet<String>();
    for (var path : entries.keySet()) {
      for (int i = path.indexOf('/'); i >= 0; i = path.indexOf('/', i + 1))
        folders.add(path.substring(0, i));
    }
    for (var path : entries.keySet()) {
      if (folders.contains(path))
        throw new InvalidInput("path", path, "either a file or a folder of others, not both");
    }
  }

  public static Manifest of(Map<String, Entry> entries) {
    return new Manifest(new TreeMap<>(entries));
  }

  /** The canonical bytes. */
  public byte[] bytes() {
    var files = Json.object();
    entries.forEach((path, entry) ->
        files.putObject(path).put("digest", entry.digest().hex()).put("size", entry.size()));
    ObjectNode document = Json.object();
    document.set("entries", files);
    document.put("format", FORMAT);
    return Json.canonical(document).getBytes(StandardCharsets.UTF_8);
  }

  public Digest digest() {
    return Digest.of(bytes());
  }

  /** The length of all files together. */
  public long size() {
    return entries.values().stream().mapToLong(Entry::size).sum();
  }

  /** The entry, which must be there. */
  public Entry entry(String path) {
    var entry = entries.get(path);
    if (entry == null)
      throw new InvalidInput(
          "path", path, "one of the directory's files: " + String.join(", ", entries.keySet()));
    return entry;
  }

  /** Reads what {@link #bytes} wrote. Throws InvalidInput for anything else. */
  static Manifest parse(byte[] bytes) {
    var document = Json.read(bytes, ObjectNode.class);
    if (!document.path("format").asText().equals(FORMAT)
        || !(document.get("entries") instanceof ObjectNode files)) {
      throw new InvalidInput(
          "not a directory: there is no \"format\": \"%s\" with entries".formatted(FORMAT));
    }
    var entries = new TreeMap<String, Entry>();
    files
        .properties()
        .forEach(file -> {
          var size = file.getValue().path("size");
          if (!size.isIntegralNumber())
            throw new InvalidInput("size of " + file.getKey(), size, "a number of bytes");
          entries.put(
              file.getKey(),
              new Entry(new Digest(file.getValue().path("digest").asText()), size.longValue()));
        });
    return new Manifest(entries);
  }

  /**
   * Refuses a path that could lead out of the folder it is resolved below, or that no file system
   * keeps.
   */
  public static void check(String path) {
    if (path.isEmpty()) throw new InvalidInput("path", path, "at least one character");
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(path))
      throw new InvalidInput("path", path, "valid Unicode");
    if (path.chars().anyMatch(c -> c == '\\' || Character.isISOControl(c))) {
      throw new InvalidInput("path", path, "no backslash and no control character");
    }
    if (path.getBytes(StandardCharsets.UTF_8).length > LONGEST_PATH) {
      throw new InvalidInput("path", path, "at most %d bytes".formatted(LONGEST_PATH));
    }
    for (var segment : path.split("/", -1)) {
      if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
        throw new InvalidInput(
            "path", path, "a relative path without empty, \".\" or \"..\" segments");
      }
      if (segment.getBytes(StandardCharsets.UTF_8).length > LONGEST_SEGMENT) {
        throw new InvalidInput(
            "path", path, "segments of at most %d bytes".formatted(LONGEST_SEGMENT));
      }
    }
  }
}
