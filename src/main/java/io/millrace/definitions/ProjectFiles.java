package io.millrace.definitions;

import io.millrace.artifacts.Manifest;
import io.millrace.base.Digest;
import io.millrace.base.TooLarge;
import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The files of one project as somebody sent them.
 *
 * @param texts the definitions by path in the project, such as {@code pipelines/train.yaml}
 * @param sources of each definition that names data files: their path below its source, and the
 *     uploaded blob
 * @param asOf when the data were known, where they are history that is told again; null means now
 */
public record ProjectFiles(
    String project,
    SortedMap<String, String> texts,
    SortedMap<String, SortedMap<String, Digest>> sources,
    @Nullable Instant asOf) {
  private static final int MOST_FILES = 2_000;
  private static final int MOST_SOURCE_FILES = 100_000;

  public ProjectFiles(
      String project,
      SortedMap<String, String> texts,
      SortedMap<String, SortedMap<String, Digest>> sources) {
    this(project, texts, sources, null);
  }

  public ProjectFiles {
    texts = Collections.unmodifiableSortedMap(new TreeMap<>(texts));
    var copy = new TreeMap<String, SortedMap<String, Digest>>();
    sources.forEach(
        (path, files) -> copy.put(path, Collections.unmodifiableSortedMap(new TreeMap<>(files))));
    sources = Collections.unmodifiableSortedMap(copy);
    if (texts.size() > MOST_FILES)
      throw new TooLarge(
          "a project of %,d definitions; it may have %,d".formatted(texts.size(), MOST_FILES));
    texts.forEach((path, text) -> {
      Manifest.check(path);
      if (text.length() > Yaml.LONGEST)
        throw new TooLarge(
            "%s has %,d characters; a definition may have %,d"
                .formatted(path, text.length(), Yaml.LONGEST));
    });
    sources.forEach((path, files) -> {
      if (files.size() > MOST_SOURCE_FILES)
        throw new TooLarge(
            "%s has %,d source files; it may have %,d"
                .formatted(path, files.size(), MOST_SOURCE_FILES));
      files.keySet().forEach(Manifest::check);
    });
  }
}
