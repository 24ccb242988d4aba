package io.millrace.artifacts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FileTreeTest {
  @TempDir Path folder;
  private Database database;
  private FileTree files;

  @BeforeEach
  void open() {
    database = Database.open(folder.resolve("millrace.db"));
    files = new FileTree(Clock.systemUTC());
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void put(String path) {
    database.writing(tx -> files.put(tx, path, Digest.of(path), path.length()));
  }

  private List<String> children(String folder) {
    return database.read(s -> files.children(s, folder, 100)).stream()
        .map(child -> child.name() + (child.file().isPresent() ? "" : "/"))
        .toList();
  }

  @Test
  void foldersAreWhatLiesBelowThem() {
    for (var path :
        List.of("1/a/x.txt", "1/a/y/z.txt", "1/a-b.txt", "1/a.txt", "1/ä/ü.txt", "10/x")) put(path);
    assertThat(children("1")).containsExactlyInAnyOrder("a/", "a-b.txt", "a.txt", "ä/");
    assertThat(children("1/a")).containsExactly("x.txt", "y/");
    assertThat(children("")).containsExactly("1/", "10/");
    assertThat(children("2")).isEmpty();
    assertThat(children("1/a.txt")).isEmpty();
    assertThat(database.read(s -> files.manifest(s, "1/a")).entries())
        .containsOnlyKeys("x.txt", "y/z.txt");
  }

  @Test
  void namesThatBeginAlikeAreEachListedOnce() {
    for (var path : List.of("a/x", "a/x ", "a/x y", "a/x!", "a/x.txt", "a/y/1", "a/y /1", "b"))
      put(path);
    assertThat(children("a")).containsExactly("x", "x ", "x y", "x!", "x.txt", "y /", "y/");
    assertThat(database.<List<FileTree.Child>>read(s -> files.children(s, "a", 3))).hasSize(3);
  }

  @Test
  void aPathIsAFileOrAFolder() {
    put("1/a");
    assertThatThrownBy(() -> put("1/a/b"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("\"1/a\" is a file");
    assertThatThrownBy(() -> put("1"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("a folder of that name");
  }

  @Test
  void deletingAFolderTakesWhatIsInItAndNothingElse() {
    for (var path : List.of("1/a/x", "1/a/y", "1/ab", "1/a0")) put(path);
    assertThat(database.<Integer>write(tx -> files.delete(tx, "1/a"))).isEqualTo(2);
    assertThat(children("1")).containsExactly("a0", "ab");
    assertThat(database.<Collection<Digest>>read(files::held))
        .containsExactlyInAnyOrder(Digest.of("1/a0"), Digest.of("1/ab"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"../a", "a/../b", "/a", "a//b", "a/", "a\\b", "a\u0000b", "."})
  void pathsThatLeadOutAreRefused(String path) {
    assertThatThrownBy(() -> put(path)).isInstanceOf(InvalidInput.class);
  }
}
