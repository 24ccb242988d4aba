package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.base.Json;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** No part of a secret is seen, wherever a command's output is cut. */
class SecretMaskTest {
  /** What is passed on of a text that comes in such parts. */
  private static String passedOn(SecretMask mask, String text, Random random) {
    var all = text.getBytes(StandardCharsets.UTF_8);
    var passed = new StringBuilder();
    int at = 0;
    int there = 0;
    while (at < all.length) {
      boolean ended = there == all.length;
      if (!ended) there = Math.min(all.length, there + 1 + random.nextInt(12));
      var read = Arrays.copyOfRange(all, at, there);
      int part = mask.part(read, ended, false);
      passed.append(mask.text(read, part));
      at += part;
    }
    return passed.toString();
  }

  private static String masked(String text, String... secrets) {
    return new SecretMask(List.of(secrets)).text(text);
  }

  @Test
  void everyOccurrenceIsMasked() {
    assertThat(masked("a hunter2, hunter2!\nhunter2", "hunter2")).isEqualTo("a ***, ***!\n***");
    assertThat(masked("abababab", "abab")).isEqualTo("***");
    assertThat(masked("one two", "none")).isEqualTo("one two");
    assertThat(masked("grüße, grüße", "grüße")).isEqualTo("***, ***");
    assertThat(masked("longer-key and key-", "longer-key", "key-")).isEqualTo("*** and ***");
  }

  @Test
  void aLineOfALongSecretIsMaskedByItself() {
    var key = "-----BEGIN KEY-----\nMIIBVgIBADANBg\nshort\n-----END KEY-----\n";
    assertThat(masked("> MIIBVgIBADANBg\n", key)).isEqualTo("> ***\n");
    assertThat(masked("is it " + key.strip() + "?", key)).isEqualTo("is it ***?");
    assertThat(masked("short", key)).isEqualTo("short");
  }

  @Test
  void aSecretIsMaskedWhereverTheOutputIsCut() {
    var secrets = List.of("abcabd", "line one\nline two", "bdabcab");
    var pieces =
        List.of("abcabd", "line one\nline two", "bdabcab", "abc", "\n", "line one\n", "x", "bd");
    var mask = new SecretMask(secrets);
    for (int seed = 0; seed < 2_000; seed++) {
      var random = new Random(seed);
      var text = new StringBuilder();
      for (int i = random.nextInt(12); i >= 0; i--)
        text.append(pieces.get(random.nextInt(pieces.size())));
      assertThat(passedOn(mask, text.toString(), random))
          .as("seed %d: %s", seed, text)
          .isEqualTo(mask.text(text.toString()))
          .doesNotContain(secrets);
    }
  }

  @Test
  void whatHasNoSecretIsPassedOnByLines() {
    var bytes = "one\ntwo\nthr".getBytes(StandardCharsets.UTF_8);
    assertThat(SecretMask.NONE.part(bytes, false, false)).isEqualTo(8);
    var tail = "thr".getBytes(StandardCharsets.UTF_8);
    assertThat(SecretMask.NONE.part(tail, false, false)).isZero();
    assertThat(SecretMask.NONE.part(tail, true, false)).isEqualTo(3);
    assertThat(SecretMask.NONE.part(tail, false, true)).isEqualTo(3);
  }

  @Test
  void valuesAreSearchedWhole() {
    var mask = new SecretMask(List.of("1234", "quo\"te"));
    assertThat(mask.finds(Json.parse("{\"a\": [1, {\"b\": 91234}]}"))).isTrue();
    assertThat(mask.finds(Json.parse("{\"a 1234\": 1}"))).isTrue();
    assertThat(mask.finds(Json.parse("[\"a quo\\\"te\"]"))).isTrue();
    assertThat(mask.finds(Json.parse("{\"a\": [1, {\"b\": \"c\"}]}"))).isFalse();
  }
}
