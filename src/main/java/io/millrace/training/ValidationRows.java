package io.millrace.training;

import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import io.millrace.data.Engine;
import java.time.ZoneOffset;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rows inside the training window that settings are chosen by.
 *
 * @param chosenBy how, for people
 */
record ValidationRows(boolean[] rows, String chosenBy) {
  private static final int SHARE = 5;

  /**
   * The column that tells which rows are late ones: as said, else the first ignored one that holds
   * times.
   */
  static @Nullable String timeColumn(
      TrainingRequest.Settings settings, List<Engine.ColumnType> types, Consumer<String> log) {
    if (settings.validateFrom() == null) return null;
    var times =
        types.stream()
            .filter(type -> ExampleReader.isTime(type.type()))
            .map(Engine.ColumnType::name)
            .toList();
    var said = settings.time();
    if (said != null) {
      if (times.contains(said)) return said;
      throw new InvalidInput(
          "time: the data has no column \"%s\" of dates or timestamps%s"
              .formatted(said, Names.suggestion(said, times)));
    }
    var found =
        Stream.concat(settings.ignore().stream().filter(times::contains), times.stream())
            .findFirst()
            .orElseThrow(() ->
                new InvalidInput(
                    "validate_from needs a column of dates or timestamps, and the data has none; keep it in the query and add it to `ignore`"));
    if (times.size() > 1)
      log.accept(
          "validate_from is compared with column \"%s\"; name another one with `time`"
              .formatted(found));
    return found;
  }

  /** Late rows where there is a time, else a fifth of all, drawn by the seed. */
  static ValidationRows of(
      double @Nullable [] times,
      @Nullable String column,
      TrainingRequest.Settings settings,
      int count) {
    var rows = new boolean[count];
    if (times == null || settings.validateFrom() == null) {
      for (int row = 0; row < count; row++)
        rows[row] = Long.remainderUnsigned(Seeds.mixed(settings.seed(), row), SHARE) == 0;
      return checked(
          new ValidationRows(
              rows, "a fifth of the rows, drawn by seed %d".formatted(settings.seed())));
    }
    long from = settings.validateFrom().atStartOfDay(ZoneOffset.UTC).toEpochSecond();
    for (int row = 0; row < count; row++) rows[row] = times[row] >= from;
    return checked(new ValidationRows(rows, "%s >= %s".formatted(column, settings.validateFrom())));
  }

  private static ValidationRows checked(ValidationRows validation) {
    int held = 0;
    for (boolean one : validation.rows()) if (one) held++;
    if (held == 0 || held == validation.rows().length) {
      throw new InvalidInput(
          "validation by %s takes %d of %d rows: both sides need some; choose another date for validate_from"
              .formatted(validation.chosenBy(), held, validation.rows().length));
    }
    return validation;
  }
}
