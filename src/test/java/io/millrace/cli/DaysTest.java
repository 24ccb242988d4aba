package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDate;
import org.junit.jupiter.api.Test;

final class DaysTest {
  private static Days days(String first, String after) {
    return new Days(LocalDate.parse(first), LocalDate.parse(after));
  }

  @Test
  void aSpanIsWrittenWithNoMoreThanItNeeds() {
    assertThat(days("2001-01-25", "2001-02-01").text()).isEqualTo("25 to 31 January");
    assertThat(days("2001-01-25", "2001-02-01").textWithYear()).isEqualTo("25 to 31 January 2001");
    assertThat(days("2001-01-30", "2001-02-03").text()).isEqualTo("30 January to 2 February");
    assertThat(days("2001-01-30", "2001-01-31").text()).isEqualTo("30 January");
    assertThat(days("2000-12-30", "2001-01-02").text())
        .isEqualTo("30 December 2000 to 1 January 2001");
  }
}
