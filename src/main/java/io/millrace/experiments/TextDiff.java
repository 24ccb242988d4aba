package io.millrace.experiments;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import com.github.difflib.algorithm.myers.MyersDiffWithLinearSpace;
import com.github.difflib.patch.ChangeDelta;
import com.github.difflib.patch.Chunk;
import com.github.difflib.patch.Patch;
import java.util.Arrays;
import java.util.List;

/**
 * Unified differences of texts, within bounds for all of them together: finding one costs up to the
 * square of the lines between the first and the last that differ. Used by one thread.
 */
final class TextDiff {
  private static final int CONTEXT = 3;
  private static final long LONGEST = 10_000;
  private static final int LARGEST_ALL = 1 << 20;

  private long steps = 4 * LONGEST * LONGEST;
  private int letters = LARGEST_ALL;

  /** The difference, or in brackets why it is not shown. */
  String unified(String path, String before, String after) {
    var a = lines(before);
    var b = lines(after);
    if (a.equals(b)) return "(only the end of the last line differs)";
    int begin = 0;
    while (begin < Math.min(a.size(), b.size()) && a.get(begin).equals(b.get(begin))) begin++;
    int end = 0;
    while (end < Math.min(a.size(), b.size()) - begin
        && a.get(a.size() - 1 - end).equals(b.get(b.size() - 1 - end))) end++;
    long between = a.size() + b.size() - 2L * (begin + end);
    if (between > LONGEST || between * between > steps)
      return "(not shown: %,d lines differ or lie between those that do)".formatted(between);
    steps -= between * between;
    var text =
        String.join(
                "\n",
                UnifiedDiffUtils.generateUnifiedDiff(
                    "a/" + path, "b/" + path, a, patch(a, b), CONTEXT))
            + "\n";
    if (text.length() > letters)
      return "(not shown: %,d letters, and all differences together may have %,d)"
          .formatted(text.length(), LARGEST_ALL);
    letters -= text.length();
    return text;
  }

  /**
   * The steps from a to b, those at one place as one, so that what goes is told before what comes.
   */
  private static Patch<String> patch(List<String> a, List<String> b) {
    var patch = new Patch<String>();
    int fromA = -1;
    int toA = -1;
    int fromB = -1;
    int toB = -1;
    for (var step : DiffUtils.diff(a, b, new MyersDiffWithLinearSpace<>()).getDeltas()) {
      var source = step.getSource();
      var target = step.getTarget();
      if (source.getPosition() != toA || target.getPosition() != toB) {
        if (fromA >= 0) patch.addDelta(change(a, fromA, toA, b, fromB, toB));
        fromA = source.getPosition();
        fromB = target.getPosition();
      }
      toA = source.getPosition() + source.size();
      toB = target.getPosition() + target.size();
    }
    if (fromA >= 0) patch.addDelta(change(a, fromA, toA, b, fromB, toB));
    return patch;
  }

  private static ChangeDelta<String> change(
      List<String> a, int fromA, int toA, List<String> b, int fromB, int toB) {
    return new ChangeDelta<>(
        new Chunk<>(fromA, a.subList(fromA, toA)), new Chunk<>(fromB, b.subList(fromB, toB)));
  }

  private static List<String> lines(String text) {
    var lines = Arrays.asList(text.split("\n", -1));
    return lines.getLast().isEmpty() ? lines.subList(0, lines.size() - 1) : lines;
  }
}
