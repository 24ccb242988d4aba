package io.millrace.models;

/**
 * Numbers in 16 bits: FP16 (IEEE 754 binary16: 11 bits of precision, up to 65504) and BF16 (the
 * upper half of a 32-bit number: 8 bits of precision, its range). Java has no type for either; here
 * they are their bits.
 */
public final class HalfNumbers {
  private HalfNumbers() {}

  /** The nearest number, of two equally near ones the even one; infinity beyond the range. */
  public static short of(DataType type, double value) {
    float single = odd(value);
    if (type == DataType.FP16) return Float.floatToFloat16(single);
    int bits = Float.floatToIntBits(single);
    if (Float.isNaN(single)) return (short) (bits >>> 16);
    return (short) ((bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);
  }

  /** The number of these bits, which a float holds exactly. */
  public static float value(DataType type, short bits) {
    return type == DataType.FP16 ? Float.float16ToFloat(bits) : Float.intBitsToFloat(bits << 16);
  }

  /**
   * The number in 32 bits, the last of which says whether something was cut off: so rounding it
   * again gives what rounding once would.
   */
  private static float odd(double value) {
    float single = (float) value;
    if (Float.isInfinite(single) && !Double.isInfinite(value))
      return Math.copySign(Float.MAX_VALUE, single);
    boolean exact = single == value || Double.isNaN(value);
    return exact || (Float.floatToIntBits(single) & 1) == 1
        ? single
        : Math.nextAfter(single, value);
  }
}
