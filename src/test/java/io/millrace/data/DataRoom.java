package io.millrace.data;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.metadata.Metadata;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.SortedMap;
import java.util.TreeMap;

/** The data room on a real database and store in a folder of the test's own. */
final class DataRoom implements AutoCloseable {
  static final Clock CLOCK = Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC);

  final Database database;
  final Artifacts artifacts;
  final Metadata metadata;
  final Datasets datasets;

  DataRoom(Path folder) {
    database = Database.open(folder.resolve("millrace.db"));
    artifacts = new Artifacts(folder.resolve("artifacts"));
    metadata = new Metadata(database, CLOCK);
    datasets = new Datasets(database, artifacts, metadata, folder.resolve("work"), CLOCK);
  }

  /** Stores text, as path, content, path, content. */
  SortedMap<String, Digest> texts(String... pathsAndTexts) {
    var files = new TreeMap<String, Digest>();
    for (int i = 0; i < pathsAndTexts.length; i += 2) {
      files.put(
          pathsAndTexts[i], artifacts.put(pathsAndTexts[i + 1].getBytes(StandardCharsets.UTF_8)));
    }
    return files;
  }

  /** Stores the files below a folder. */
  SortedMap<String, Digest> folder(Path folder) {
    var files = new TreeMap<String, Digest>();
    try (var walk = Files.walk(folder)) {
      for (var file : walk.filter(Files::isRegularFile).toList())
        files.put(folder.relativize(file).toString().replace('\\', '/'), artifacts.putFile(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  DatasetVersion register(String name, SortedMap<String, Digest> files) {
    return datasets.register(name, files, SourceOptions.DEFAULT).version();
  }

  @Override
  public void close() {
    database.close();
  }
}
