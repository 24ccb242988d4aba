package io.millrace.serving.oip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.base.TooLarge;
import io.millrace.base.Unsupported;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PackingTest {
  @ParameterizedTest
  @EnumSource(Packing.class)
  void whatIsPackedComesOutAgain(Packing packing) {
    var bytes = new byte[100_000];
    for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) (i * i / 7);
    var packed = packing.pack(bytes);
    assertThat(packing.unpack(packed, bytes.length)).isEqualTo(bytes);
    assertThatThrownBy(() -> packing.unpack(packed, bytes.length - 1)).isInstanceOf(TooLarge.class);
    assertThatThrownBy(() -> packing.unpack(Arrays.copyOf(packed, packed.length / 2), 1 << 20))
        .isInstanceOf(InvalidInput.class);
    assertThatThrownBy(() -> packing.unpack(bytes, 1 << 20)).isInstanceOf(InvalidInput.class);
    assertThatThrownBy(() -> packing.unpack(new byte[0], 1 << 20)).isInstanceOf(InvalidInput.class);
  }

  @Test
  void aSmallBodyThatUnpacksToMuchIsRefusedBeforeItIsHeld() {
    var packed = Packing.GZIP.pack(new byte[32 << 20]);
    assertThat(packed.length).isLessThan(64 << 10);
    assertThatThrownBy(() -> Packing.GZIP.unpack(packed, 1 << 20)).isInstanceOf(TooLarge.class);
  }

  @Test
  void headersAreReadAsHttpMeansThem() {
    assertThat(Packing.of(null)).isNull();
    assertThat(Packing.of("identity")).isNull();
    assertThat(Packing.of("GZIP")).isEqualTo(Packing.GZIP);
    assertThatThrownBy(() -> Packing.of("br")).isInstanceOf(Unsupported.class);
    assertThat(Packing.accepted(null)).isNull();
    assertThat(Packing.accepted("deflate, gzip;q=0")).isEqualTo(Packing.DEFLATE);
    assertThat(Packing.accepted("br;q=1.0, gzip;q=0.8")).isEqualTo(Packing.GZIP);
    assertThat(Packing.accepted("gzip; q=0.0, *")).isNull();
  }
}
