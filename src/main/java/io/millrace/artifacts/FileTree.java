package io.millrace.artifacts;

import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Named files that can be written anew and deleted, over blobs that cannot: a file is a path and
 * the digest of its content, so equal files are stored once. Owns table file. Thread-safe.
 */
public final class FileTree implements References {
  private final Clock clock;

  public FileTree(Clock clock) {
    this.clock = clock;
  }

  /** A file's content. */
  public record NamedFile(String path, Digest digest, long size) {
    /** The last part of the path. */
    public String name() {
      return path.substring(path.lastIndexOf('/') + 1);
    }
  }

  /**
   * What lies directly in a folder.
   *
   * @param file empty for a folder
   */
  public record Child(String name, Optional<NamedFile> file) {}

  /**
   * Writes a file, whose blob must be stored; InvalidInput where its path is a folder's or below a
   * file.
   */
  public void put(Transaction tx, String path, Digest digest, long size) {
    checkPlace(tx, path);
    tx.update(
            """
            insert into file (path, digest, size, stored_at) values (:path, :digest, :size, :at)
            on conflict (path) do update set digest = excluded.digest, size = excluded.size, stored_at = excluded.stored_at
            """)
        .bind("path", path)
        .bind("digest", digest.hex())
        .bind("size", size)
        .bind("at", clock.millis())
        .execute();
  }

  /** Refuses a path where no file can be. */
  void checkPlace(Snapshot s, String path) {
    Manifest.check(path);
    if (isFolder(s, path))
      throw new InvalidInput("path", path, "a file's: a folder of that name is there");
    for (int slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
      if (find(s, path.substring(0, slash)).isPresent())
        throw new InvalidInput(
            "path",
            path,
            "a path below a folder: \"%s\" is a file".formatted(path.substring(0, slash)));
    }
  }

  public Optional<NamedFile> find(Snapshot s, String path) {
    return s.query("select path, digest, size from file where path = :path")
        .bind("path", path)
        .map((row, _) -> entry(row))
        .findOne();
  }

  /** Whether anything lies below that path. */
  public boolean isFolder(Snapshot s, String path) {
    var prefix = path.isEmpty() ? "" : path + "/";
    return first(s, prefix, prefix).isPresent();
  }

  /** The first file of the prefix whose path is that text or stands behind it. */
  private static Optional<NamedFile> first(Snapshot s, String prefix, String from) {
    return s.query("select path, digest, size from file where path >= :from order by path limit 1")
        .bind("from", from)
        .map((row, _) -> entry(row))
        .findOne()
        .filter(entry -> entry.path().startsWith(prefix));
  }

  /**
   * What lies directly in the folder, by name; empty for one that is not there. Costs one look-up a
   * child, however much lies below it.
   */
  public List<Child> children(Snapshot s, String folder, int limit) {
    var prefix = folder.isEmpty() ? "" : folder + "/";
    var children = new ArrayList<Child>();
    var next = first(s, prefix, prefix);
    while (next.isPresent() && children.size() < limit) {
      var path = next.get().path();
      int slash = path.indexOf('/', prefix.length());
      if (slash < 0) {
        children.add(new Child(path.substring(prefix.length()), next));
        // No path holds a character before the space.
        next = first(s, prefix, path + " ");
      } else {
        children.add(new Child(path.substring(prefix.length(), slash), Optional.empty()));
        // '0' follows '/'.
        next = first(s, prefix, path.substring(0, slash) + "0");
      }
    }
    return children;
  }

  /** All files below a folder, by path. */
  public List<NamedFile> below(Snapshot s, String folder) {
    return s.query(
            "select path, digest, size from file where path > :from and path < :to order by path")
        .bind("from", folder + "/")
        .bind("to", folder + "0")
        .map((row, _) -> entry(row))
        .list();
  }

  /** The folder as a directory by content; empty if nothing is in it. */
  public Manifest manifest(Snapshot s, String folder) {
    Map<String, Entry> entries = new HashMap<>();
    for (var file : below(s, folder))
      entries.put(
          file.path().substring(folder.length() + 1), new Entry(file.digest(), file.size()));
    return Manifest.of(entries);
  }

  /** Deletes the file, or all files below that folder; returns how many there were. */
  public int delete(Transaction tx, String path) {
    return tx.update("delete from file where path = :path or (path > :from and path < :to)")
        .bind("path", path)
        .bind("from", path + "/")
        .bind("to", path + "0")
        .execute();
  }

  @Override
  public Collection<Digest> held(Snapshot s) {
    return s.query("select distinct digest from file").mapTo(String.class).map(Digest::new).list();
  }

  private static NamedFile entry(ResultSet row) throws SQLException {
    return new NamedFile(
        row.getString("path"), new Digest(row.getString("digest")), row.getLong("size"));
  }
}
