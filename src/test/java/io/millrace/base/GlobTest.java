package io.millrace.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class GlobTest {
  private static boolean matches(String pattern, String path) {
    return new Glob(pattern).matches(path);
  }

  @Test
  void starsStayWithinANameAndDoubledOnesDoNot() {
    assertThat(matches("train.py", "train.py")).isTrue();
    assertThat(matches("train.py", "trainxpy")).isFalse();
    assertThat(matches("lib/*.py", "lib/a.py")).isTrue();
    assertThat(matches("lib/*.py", "lib/b/a.py")).isFalse();
    assertThat(matches("lib/**", "lib/b/a.py")).isTrue();
    assertThat(matches("lib/**", "library/a.py")).isFalse();
    assertThat(matches("**/a.py", "a.py")).isTrue();
    assertThat(matches("**/a.py", "x/y/a.py")).isTrue();
    assertThat(matches("v?.txt", "v1.txt")).isTrue();
    assertThat(matches("v?.txt", "v/.txt")).isFalse();
  }

  @Test
  void theFolderHoldsAllThatCanMatch() {
    assertThat(new Glob("train.py").folder()).isEmpty();
    assertThat(new Glob("lib/a.py").folder()).isEqualTo("lib");
    assertThat(new Glob("lib/x/a*.py").folder()).isEqualTo("lib/x");
    assertThat(new Glob("lib/**").folder()).isEqualTo("lib");
    assertThat(new Glob("l*b/a").folder()).isEmpty();
    assertThat(new Glob("**").folder()).isEmpty();
  }

  @Test
  void whatLeadsOutIsRefused() {
    for (var text : new String[] {"../a", "/etc/passwd", "a/../b", "./a", "a//b", "a/", "", "a\\b"})
      assertThatThrownBy(() -> new Glob(text)).isInstanceOf(InvalidInput.class);
  }
}
