package io.millrace.models.explanations;

/**
 * A sum of decision trees over a matrix, as the ONNX operator TreeEnsemble (ai.onnx.ml 5) has it.
 *
 * @param yes where a node leads if its condition holds: another node, or ~LEAF
 * @param members what the condition MEMBER of a node asks for; null for others
 * @param missingYes where NaN goes
 * @param leafTarget the output that a leaf adds to
 */
@SuppressWarnings("ArrayRecordComponent")
record Trees(
    int[] feature,
    float[] split,
    byte[] mode,
    int[] yes,
    int[] no,
    boolean[] missingYes,
    float[][] members,
    int[] roots,
    int[] leafTarget,
    float[] leafWeight,
    int targets) {
  static final byte LESS_OR_EQUAL = 0;
  static final byte LESS = 1;
  static final byte GREATER_OR_EQUAL = 2;
  static final byte GREATER = 3;
  static final byte EQUAL = 4;
  static final byte NOT_EQUAL = 5;
  static final byte MEMBER = 6;

  /** Where a row with this value of the node's feature goes. */
  int next(int node, float value) {
    return holds(node, value) ? yes[node] : no[node];
  }

  private boolean holds(int node, float value) {
    if (Float.isNaN(value)) return missingYes[node];
    return switch (mode[node]) {
      case LESS_OR_EQUAL -> value <= split[node];
      case LESS -> value < split[node];
      case GREATER_OR_EQUAL -> value >= split[node];
      case GREATER -> value > split[node];
      case EQUAL -> value == split[node];
      case NOT_EQUAL -> value != split[node];
      default -> isMember(members[node], value);
    };
  }

  private static boolean isMember(float[] members, float value) {
    for (float member : members) if (member == value) return true;
    return false;
  }

  /** The sum of one output's leaves, in double precision. */
  double sum(float[] row, int target) {
    double sum = 0;
    for (int root : roots) {
      int at = root;
      while (at >= 0) at = next(at, row[feature[at]]);
      if (leafTarget[~at] == target) sum += leafWeight[~at];
    }
    return sum;
  }
}
