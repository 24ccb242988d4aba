package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlatformTest {
  @TempDir Path folder;

  @Test
  void whatAKilledProgramLeftHalfWrittenIsGoneAfterTheStart() throws IOException {
    var configuration = new Configuration(folder, Configuration.HOST, 0);
    var left = Files.createDirectories(folder.resolve("artifacts/incoming")).resolve("left");
    Files.writeString(left, "half of it");
    try (var _ = new Platform(configuration, Clock.systemUTC())) {
      assertThat(left).doesNotExist();
    }
  }
}
