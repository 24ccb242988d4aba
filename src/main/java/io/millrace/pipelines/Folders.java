package io.millrace.pipelines;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Folders that are thrown away, though somebody may still write there. */
final class Folders {
  private static final Logger LOG = System.getLogger(Folders.class.getName());
  private static final int MOST_TRIES = 10;

  private Folders() {}

  /**
   * Deletes the folder with everything in it, if it is there; links are deleted, not followed.
   * Where others go on making files in it, some of it may stay, until the next start.
   */
  static void delete(Path folder) {
    for (int tries = 1; tries <= MOST_TRIES; tries++) {
      try {
        if (Files.exists(folder)) Files.walkFileTree(folder, new Deletion());
        return;
      } catch (DirectoryNotEmptyException | NoSuchFileException e) {
        // Somebody made or deleted a file meanwhile: once more.
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    LOG.log(Level.INFO, "folder={0} not deleted: somebody still writes there", folder);
  }

  /**
   * Deletes what a killed program left in a folder of folders, but for some of these inner ones.
   *
   * @param kept as OUTER/INNER
   */
  static void deleteLeft(Path folder, Set<String> kept) {
    for (var outer : list(folder)) {
      for (var inner : list(outer)) {
        if (!kept.contains(outer.getFileName() + "/" + inner.getFileName())) deleteLeft(inner);
      }
      if (list(outer).isEmpty()) delete(outer);
    }
  }

  /** What lies in the folder; nothing if it is not there, or no more. */
  static List<Path> list(Path folder) {
    if (!Files.isDirectory(folder)) return List.of();
    try (var paths = Files.list(folder)) {
      return paths.toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * As delete, where children of a killed program may live on for a moment. They know the folder by
   * its name, so it gets another first.
   */
  private static void deleteLeft(Path folder) {
    var aside = folder.resolveSibling(folder.getFileName() + ".left");
    delete(aside);
    try {
      if (!Files.exists(aside)) Files.move(folder, aside, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) {
      return; // Its own attempt has just ended.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    delete(aside);
  }

  private static final class Deletion extends SimpleFileVisitor<Path> {
    /** Commands leave folders that nothing may be deleted from. */
    @Override
    public FileVisitResult preVisitDirectory(Path visited, BasicFileAttributes attributes)
        throws IOException {
      if (!Files.isWritable(visited) && !visited.toFile().setWritable(true))
        throw new IOException("cannot delete from %s".formatted(visited));
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.deleteIfExists(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failed)
        throws IOException {
      if (failed != null) throw failed;
      Files.deleteIfExists(visited);
      return FileVisitResult.CONTINUE;
    }
  }
}
