package io.millrace.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NamesTest {
  @Test
  void aNearNameIsSuggested() {
    assertThat(Names.suggestion("sorce", List.of("format", "source")))
        .isEqualTo("; did you mean \"source\"?");
    assertThat(Names.suggestion("tt", List.of("t"))).isEqualTo("; did you mean \"t\"?");
  }

  @Test
  void oneLetterIsNotTakenForAnother() {
    assertThat(Names.suggestion("a", List.of("b", "c"))).isEqualTo("; expected one of b, c");
    assertThat(Names.suggestion("ab", List.of("c", "xyz"))).isEqualTo("; expected one of c, xyz");
  }

  @Test
  void ofManyNamesTenAreShown() {
    var names = IntStream.range(0, 40).mapToObj(i -> "column" + i).toList();
    assertThat(Names.suggestion("something else", names))
        .isEqualTo(
            "; expected one of column0, column1, column2, column3, column4, column5, column6, column7, column8, column9 ... and 30 more");
    assertThat(Names.suggestion("x", List.of())).isEqualTo("; there are none");
  }
}
