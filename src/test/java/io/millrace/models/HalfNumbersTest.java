package io.millrace.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class HalfNumbersTest {
  @ParameterizedTest
  @CsvSource({
    "FP16, 1, 0x3C00",
    "FP16, -2.5, 0xC100",
    "FP16, 0.1, 0x2E66",
    "FP16, 65504, 0x7BFF",
    "FP16, 65519.999, 0x7BFF",
    "FP16, 65520, 0x7C00",
    "FP16, 5.9604644775390625e-8, 0x0001", // the smallest
    "FP16, 2.98e-8, 0x0000",
    "FP16, 2.9803e-8, 0x0001",
    "FP16, -0.0, 0x8000",
    "FP16, -Infinity, 0xFC00",
    "FP16, NaN, 0x7E00",
    "FP16, 1.00048828125, 0x3C00", // between two: the even one
    "FP16, 1.00146484375, 0x3C02",
    "FP16, 1.00048828125000001, 0x3C00",
    "FP16, 1.0004882812500003, 0x3C01", // a float would have lost what decides
    "BF16, 1, 0x3F80",
    "BF16, 3.4028234663852886e38, 0x7F80",
    "BF16, 3.3895313892515355e38, 0x7F7F", // the largest
    "BF16, 1e300, 0x7F80",
    "BF16, 9.183549615799121e-41, 0x0001",
    "BF16, 1.00390625, 0x3F80",
    "BF16, 1.01171875, 0x3F82",
    "BF16, 1.0039062500000003, 0x3F81",
    "BF16, -Infinity, 0xFF80",
    "BF16, NaN, 0x7FC0"
  })
  void theNearestIsTakenAndOfTwoTheEvenOne(DataType type, double value, String bits) {
    assertThat("0x%04X".formatted(HalfNumbers.of(type, value))).isEqualTo(bits);
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FP16", "BF16"})
  void everyNumberOf16BitsIsItself(DataType type) {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float value = HalfNumbers.value(type, (short) bits);
      if (!Float.isNaN(value))
        assertThat(HalfNumbers.of(type, value)).as("%s %04x", type, bits).isEqualTo((short) bits);
    }
  }

  @Test
  void noNeighbourIsNearer() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (int round = 0; round < 200_000; round++) {
      for (var type : new DataType[] {DataType.FP16, DataType.BF16}) {
        double value = random.nextGaussian() * Math.pow(2, random.nextInt(-20, 12));
        short bits = HalfNumbers.of(type, value);
        double off = Math.abs(HalfNumbers.value(type, bits) - value);
        for (int step : new int[] {-1, 1}) {
          double other = HalfNumbers.value(type, (short) (bits + step));
          assertThat(off)
              .as("seed %d: %s of %s", seed, type, value)
              .isLessThanOrEqualTo(
                  Double.isNaN(other) ? Double.MAX_VALUE : Math.abs(other - value));
        }
      }
    }
  }
}
