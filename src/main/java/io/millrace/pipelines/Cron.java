package io.millrace.pipelines;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import io.millrace.base.InvalidInput;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;

/**
 * The times of a cron expression (5 fields, as in Unix) on the clocks of a time zone. A time that
 * these skip in spring comes at the moment they jump; one that they show twice in autumn comes the
 * first time only. Immutable.
 */
final class Cron {
  private static final int LONGEST = 200;
  private static final CronParser PARSER =
      new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));

  private final ExecutionTime times;
  private final ZoneId zone;

  private Cron(ExecutionTime times, ZoneId zone) {
    this.times = times;
    this.zone = zone;
  }

  /** InvalidInput if it is no cron expression, or one that never comes. */
  static Cron of(String expression, ZoneId zone) {
    if (expression.length() > LONGEST)
      throw new InvalidInput("a cron expression has at most %d characters".formatted(LONGEST));
    Cron cron;
    try {
      cron = new Cron(ExecutionTime.forCron(PARSER.parse(expression)), zone);
    } catch (IllegalArgumentException e) {
      throw new InvalidInput(
          "cron \"%s\": %s; expected 5 fields: minute hour day-of-month month day-of-week, such as \"0 6 * * 1\""
              .formatted(expression, e.getMessage()));
    }
    if (cron.next(Instant.EPOCH).isEmpty())
      throw new InvalidInput("cron \"%s\" never comes".formatted(expression));
    return cron;
  }

  /** The first time after that moment. */
  Optional<Instant> next(Instant after) {
    var local = after.atZone(zone).toLocalDateTime();
    while (true) {
      // Reckoned as if clocks never jumped, then put onto the zone's.
      var next = times.nextExecution(local.atZone(ZoneOffset.UTC));
      if (next.isEmpty()) return Optional.empty();
      local = next.get().toLocalDateTime();
      var instant = instant(local);
      if (instant.isAfter(after)) return Optional.of(instant);
    }
  }

  private Instant instant(LocalDateTime local) {
    var transition = zone.getRules().getTransition(local);
    if (transition != null && transition.isGap()) return transition.getInstant();
    return local.atZone(zone).toInstant(); // Of two, the earlier.
  }
}
