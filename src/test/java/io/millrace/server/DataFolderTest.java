package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Conflict;
import io.millrace.base.Json;
import io.millrace.base.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {
  @TempDir Path folder;

  @Test
  void aSecondServerIsToldWhoServesTheFolder() {
    try (var first = DataFolder.open(folder)) {
      first.announce("http://127.0.0.1:8080");
      assertThatThrownBy(() -> DataFolder.open(folder))
          .isInstanceOf(Conflict.class)
          .hasMessage(
              "the data folder %s is in use by a running server (process %d at http://127.0.0.1:8080): stop it with \"millrace down\", or choose another folder with --data"
                  .formatted(folder, ProcessHandle.current().pid()));
    }
  }

  @Test
  void closingFreesTheFolderAndTakesTheAnnouncementAway() {
    try (var first = DataFolder.open(folder)) {
      first.announce("http://127.0.0.1:8080");
    }
    assertThat(folder.resolve("server.json")).doesNotExist();
    DataFolder.open(folder).close();
  }

  @Test
  void theAnnouncementNamesProcessAndUrl() throws IOException {
    try (var open = DataFolder.open(folder.resolve("new/er"))) {
      open.announce("http://127.0.0.1:1");
      var server = Json.parse(Files.readString(open.root().resolve("server.json")));
      assertThat(server.path("pid").asLong()).isEqualTo(ProcessHandle.current().pid());
      assertThat(server.path("url").asText()).isEqualTo("http://127.0.0.1:1");
    }
  }

  @Test
  void aFileInTheFoldersPlaceIsRefusedInOneSentence() throws IOException {
    var file = Files.writeString(folder.resolve("file"), "");
    assertThatThrownBy(() -> DataFolder.open(file))
        .isInstanceOf(Refused.class)
        .hasMessageStartingWith("cannot write in the data folder " + file);
  }
}
