package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CronTest {
  private static final ZoneId NEW_YORK = ZoneId.of("America/New_York");

  /** The next times, on the clocks of the zone. */
  private static List<String> next(String cron, String zone, String after, int count) {
    var times = Cron.of(cron, ZoneId.of(zone));
    var found = new ArrayList<String>();
    var at = Instant.parse(after);
    for (int i = 0; i < count; i++) {
      at = times.next(at).orElseThrow();
      found.add(at.atZone(ZoneId.of(zone)).toOffsetDateTime().toString());
    }
    return found;
  }

  @Test
  void timesAreThoseOfTheZonesClocks() {
    assertThat(next("0 6 * * 1", "America/New_York", "2026-01-01T00:00:00Z", 2))
        .containsExactly("2026-01-05T06:00-05:00", "2026-01-12T06:00-05:00");
    assertThat(next("*/20 * * * *", "UTC", "2026-01-01T00:19:59.999Z", 2))
        .containsExactly("2026-01-01T00:20Z", "2026-01-01T00:40Z");
  }

  @Test
  void theMomentItselfIsNotAfterIt() {
    assertThat(next("0 0 * * *", "UTC", "2026-01-01T00:00:00Z", 1))
        .containsExactly("2026-01-02T00:00Z");
  }

  @Test
  void aTimeThatDoesNotExistComesOnceAfterTheGap() {
    // On March 8, 2026 the clocks of New York jump from 2:00 to 3:00.
    assertThat(next("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2))
        .containsExactly("2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00");
    assertThat(next("*/30 1-3 * * *", "America/New_York", "2026-03-08T06:00:00Z", 4))
        .containsExactly(
            "2026-03-08T01:30-05:00",
            "2026-03-08T03:00-04:00",
            "2026-03-08T03:30-04:00",
            "2026-03-09T01:00-04:00");
  }

  @Test
  void aTimeThatIsTwiceComesOnce() {
    // On November 1, 2026 the clocks of New York go back from 2:00 to 1:00.
    assertThat(next("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", 2))
        .containsExactly("2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00");
    assertThat(next("30 1 * * *", "America/New_York", "2026-11-01T06:10:00Z", 1))
        .containsExactly("2026-11-02T01:30-05:00");
  }

  @Test
  void aDayOfTheMonthAndOneOfTheWeekMeanEither() {
    assertThat(next("0 0 13 * 5", "UTC", "2026-02-01T00:00:00Z", 3))
        .containsExactly("2026-02-06T00:00Z", "2026-02-13T00:00Z", "2026-02-20T00:00Z");
    assertThat(next("0 0 13 * 0", "UTC", "2026-02-09T00:00:00Z", 2))
        .containsExactly("2026-02-13T00:00Z", "2026-02-15T00:00Z");
  }

  @Test
  void leapDaysComeWhenThereAreAny() {
    assertThat(next("0 12 29 2 *", "UTC", "2026-01-01T00:00:00Z", 2))
        .containsExactly("2028-02-29T12:00Z", "2032-02-29T12:00Z");
  }

  @Test
  void whatIsNoCronIsRefused() {
    assertThatThrownBy(() -> Cron.of("0 6 * *", NEW_YORK))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("expected 5 fields");
    assertThatThrownBy(() -> Cron.of("61 6 * * *", NEW_YORK)).hasMessageContaining("61");
    assertThatThrownBy(() -> Cron.of("0 0 31 2 *", NEW_YORK))
        .hasMessage("cron \"0 0 31 2 *\" never comes");
  }
}
