package io.millrace.serving;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceContextTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";

  @Test
  void aTraceparentIsReadWithItsDecision() {
    assertThat(TraceContext.of("00-%s-%s-01".formatted(TRACE, SPAN)))
        .isEqualTo(new TraceContext(TRACE, SPAN, true));
    assertThat(TraceContext.of("00-%s-%s-02".formatted(TRACE, SPAN)))
        .isEqualTo(new TraceContext(TRACE, SPAN, false));
    assertThat(TraceContext.of("cc-%s-%s-01-what-comes-later".formatted(TRACE, SPAN)))
        .isEqualTo(new TraceContext(TRACE, SPAN, true));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"
      })
  void whatTheStandardForbidsIsAsIfThereWereNone(String traceparent) {
    assertThat(TraceContext.of(traceparent)).isNull();
  }
}
