package io.millrace.data;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** One column of a frame; type is DuckDB's name of the type it was read from. */
public sealed interface Column {
  String name();

  String type();

  /**
   * The values as a model's input takes them, double[] or String[].
   *
   * @param dated whether times are texts, such as 2001-02-03T04:05:06.000000, all of one form
   */
  Object values(boolean dated);

  /**
   * Numbers, truth values (1 and 0) and times (seconds since 1970 UTC).
   *
   * @param values NaN where there is none
   */
  record NumberColumn(String name, String type, double[] values) implements Column {
    private static final DateTimeFormatter TIMES =
        DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS");

    @Override
    public Object values(boolean dated) {
      if (!dated || Frame.Kind.of(type) != Frame.Kind.TIME) return values;
      var texts = new @Nullable String[values.length];
      for (int i = 0; i < texts.length; i++)
        if (!Double.isNaN(values[i])) texts[i] = time(Math.round(values[i] * 1e6));
      return texts;
    }

    private static String time(long micros) {
      return LocalDateTime.ofEpochSecond(
              Math.floorDiv(micros, 1_000_000L),
              (int) Math.floorMod(micros, 1_000_000L) * 1_000,
              ZoneOffset.UTC)
          .format(TIMES);
    }
  }

  /** Text; equal values share one String where there are not too many. */
  record TextColumn(String name, String type, @Nullable String[] values) implements Column {
    @Override
    public Object values(boolean dated) {
      return values;
    }
  }
}
