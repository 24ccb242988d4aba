package io.millrace.artifacts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest {
  private static final Entry SOMETHING = new Entry(Digest.of("something"), 9);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "/etc/passwd",
        "..",
        "../x",
        "a/../b",
        "a/..",
        ".",
        "./a",
        "a/./b",
        "a//b",
        "a/",
        "a\\b",
        "..\\x",
        "a\nb",
        "a\u0000b",
        "a\u007fb",
        "\ud800"
      })
  void pathThatCouldLeadOutOfItsFolderIsRefused(String path) {
    assertThatThrownBy(() -> Manifest.of(Map.of(path, SOMETHING)))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("path: got");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "a/b",
        "month=2001-01/part-0.parquet",
        "...",
        "..a",
        "a b;\"c\"",
        "Größe/naïve.csv",
        "C:"
      })
  void ordinaryPathIsKept(String path) {
    assertThat(Manifest.of(Map.of(path, SOMETHING)).entry(path)).isEqualTo(SOMETHING);
  }

  @Test
  void tooLongPathIsRefused() {
    assertThatThrownBy(() -> Manifest.check("a".repeat(256))).hasMessageContaining("255 bytes");
    assertThatThrownBy(() -> Manifest.check("abc/".repeat(256) + "d"))
        .hasMessageContaining("1024 bytes");
  }

  @Test
  void fileThatIsAlsoAFolderIsRefused() {
    assertThatThrownBy(
            () -> Manifest.of(Map.of("a", SOMETHING, "a/b", SOMETHING, "a-b", SOMETHING)))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("not both");
  }

  @Test
  void bytesAreWrittenInOneWayOnly() {
    var manifest = Manifest.of(Map.of("b", SOMETHING, "a", new Entry(Digest.of(""), 0)));
    assertThat(new String(manifest.bytes(), StandardCharsets.UTF_8))
        .isEqualTo(
            """
            {"entries":{"a":{"digest":"%s","size":0},"b":{"digest":"%s","size":9}},"format":"millrace-directory-1"}\
            """
                .formatted(Digest.of(""), Digest.of("something")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{\"entries\":{}}",
        "{\"entries\":[],\"format\":\"millrace-directory-1\"}",
        "{\"entries\":{\"a\":{\"digest\":\"x\",\"size\":1}},\"format\":\"millrace-directory-1\"}",
        "{\"entries\":{\"a\":{\"size\":1}},\"format\":\"millrace-directory-1\"}"
      })
  void somethingElseIsNoManifest(String text) {
    assertThatThrownBy(() -> Manifest.parse(text.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(InvalidInput.class);
  }

  /**
   * Equal entries give equal bytes in whatever order they came, unequal ones do not, and parse
   * gives them back.
   */
  @Test
  void digestIsThatOfTheEntriesAndNothingElse() {
    for (long seed = 0; seed < 300; seed++) {
      var random = new Random(seed);
      var entries = entries(random);
      var manifest = Manifest.of(entries);
      var shuffledPaths = new ArrayList<>(entries.keySet());
      Collections.shuffle(shuffledPaths, random);
      var shuffled = new LinkedHashMap<String, Entry>();
      for (var path : shuffledPaths) shuffled.put(path, entries.get(path));

      assertThat(Manifest.of(shuffled).digest()).as("seed %d", seed).isEqualTo(manifest.digest());
      assertThat(Manifest.parse(manifest.bytes())).as("seed %d", seed).isEqualTo(manifest);

      var changed = new LinkedHashMap<>(entries);
      var path = shuffledPaths.getFirst();
      changed.put(path, new Entry(entries.get(path).digest(), entries.get(path).size() + 1));
      assertThat(Manifest.of(changed).digest()).as("seed %d", seed).isNotEqualTo(manifest.digest());
    }
  }

  private static Map<String, Entry> entries(Random random) {
    var entries = new LinkedHashMap<String, Entry>();
    int files = 1 + random.nextInt(20);
    for (int i = 0; i < files; i++) {
      var path = new StringBuilder("f" + i);
      int depth = random.nextInt(4);
      for (int j = 0; j < depth; j++) path.append('/').append(segment(random));
      entries.put(
          path.toString(),
          new Entry(Digest.of("" + random.nextInt(5)), random.nextLong(Long.MAX_VALUE)));
    }
    return entries;
  }

  private static String segment(Random random) {
    var characters = "abcZ09._-= \"'{}:,üß漢😀".codePoints().toArray();
    var segment = new StringBuilder("s");
    int length = random.nextInt(8);
    for (int i = 0; i < length; i++)
      segment.appendCodePoint(characters[random.nextInt(characters.length)]);
    return segment.toString();
  }
}
