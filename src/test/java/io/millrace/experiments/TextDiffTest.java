package io.millrace.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.difflib.UnifiedDiffUtils;
import com.github.difflib.patch.PatchFailedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class TextDiffTest {
  @Test
  void whatGoesIsToldBeforeWhatComes() {
    assertThat(new TextDiff().unified("f", "a\nb\nc\n", "a\nx\ny\nc\n"))
        .isEqualTo("--- a/f\n+++ b/f\n@@ -1,3 +1,4 @@\n a\n-b\n+x\n+y\n c\n");
  }

  @Test
  void textsThatDifferInTheirLastEndAreSaidTo() {
    assertThat(new TextDiff().unified("f", "a\n", "a"))
        .isEqualTo("(only the end of the last line differs)");
  }

  @Test
  void aDifferenceMakesTheSecondTextOfTheFirst() throws PatchFailedException {
    long seed = 7;
    var random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      var a = lines(random);
      var b = lines(random);
      if (a.equals(b)) continue;
      var text =
          new TextDiff().unified("f", String.join("\n", a) + "\n", String.join("\n", b) + "\n");
      var patch = UnifiedDiffUtils.parseUnifiedDiff(text.lines().toList());
      assertThat(patch.applyTo(a)).as("seed %d, round %d:%n%s", seed, round, text).isEqualTo(b);
    }
  }

  private static List<String> lines(Random random) {
    var lines = new ArrayList<String>();
    for (int left = 1 + random.nextInt(30); left > 0; left--) lines.add("l" + random.nextInt(6));
    return lines;
  }
}
