package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Refused;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UploadsTest {
  @TempDir Path folder;
  private Path project;
  private Path secret;

  @BeforeEach
  void write() throws Exception {
    project = folder.resolve("project");
    secret = Files.writeString(folder.resolve("secret.csv"), "password\nx\n");
    Files.createDirectories(project.resolve("data/part"));
    Files.createDirectories(project.resolve("datasets"));
    Files.writeString(project.resolve("millrace.yaml"), "name: p\n");
    Files.writeString(project.resolve("data/part/b.csv"), "x\n1\n");
    Files.writeString(project.resolve("data/a.csv"), "x\n2\n");
    Files.writeString(project.resolve("data/.hidden"), "");
  }

  @Test
  void filesAreListedInOrderWithoutHiddenOnesAndWithLinksInside() throws Exception {
    Files.createSymbolicLink(project.resolve("data/z.csv"), Path.of("part/b.csv"));
    Files.createSymbolicLink(project.resolve("data/.elsewhere"), folder);
    assertThat(Uploads.files(project, project.resolve("data")))
        .extracting(f -> Uploads.relative(project, f))
        .containsExactly("data/a.csv", "data/part/b.csv", "data/z.csv");
  }

  @Test
  void aFolderThatIsALinkItselfIsRead() throws Exception {
    var link = Files.createSymbolicLink(folder.resolve("link"), project.resolve("data"));
    assertThat(Uploads.files(link)).hasSize(2);
  }

  @Test
  void aLinkOutOfTheFolderIsRefusedByName() throws Exception {
    var link = Files.createSymbolicLink(project.resolve("data/c.csv"), secret);
    assertThatThrownBy(() -> Uploads.files(project, project.resolve("data")))
        .isInstanceOf(Refused.class)
        .hasMessage(
            "%s is a link that leads out of %s, to %s: put a copy of the file there instead",
            link, project, secret.toRealPath());
  }

  @Test
  void linksToFoldersAndToNothingAreRefused() throws Exception {
    var circle = Files.createSymbolicLink(project.resolve("data/part/up"), project);
    assertThatThrownBy(() -> Uploads.files(project))
        .hasMessageContaining("%s is a link to the folder", circle);
    Files.delete(circle);
    var dangling = Files.createSymbolicLink(project.resolve("data/gone"), Path.of("nowhere"));
    assertThatThrownBy(() -> Uploads.files(project))
        .hasMessageContaining("%s is a link that leads nowhere", dangling);
  }

  @Test
  void definitionsAreNotReadThroughALinkEither() throws Exception {
    var link = Files.createSymbolicLink(project.resolve("datasets/d.yaml"), secret);
    assertThatThrownBy(() -> new ProjectFolder(project))
        .isInstanceOf(Refused.class)
        .hasMessageContaining("%s is a link that leads out of", link);
    Files.delete(link);
    Files.delete(project.resolve("datasets"));
    var folders = Files.createSymbolicLink(project.resolve("datasets"), folder);
    assertThatThrownBy(() -> new ProjectFolder(project))
        .hasMessageContaining("%s is a link that leads out of", folders);
  }
}
