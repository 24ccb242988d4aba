package io.millrace.base;

import dev.cel.bundle.CelBuilder;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelEvaluationException;
import java.util.Collection;
import java.util.Map;

/**
 * Common Expression Language over variables that hold maps, lists, numbers, text and truth values.
 */
public final class Cel {
  private Cel() {}

  /** Refuses an expression that does not parse or names a variable other than these. */
  public static void check(String expression, Collection<String> variables) {
    compile(environment(variables), expression);
  }

  /**
   * The value of an expression: Boolean, Long, Double, String, List, Map, or CEL's null.
   *
   * @throws InvalidInput if it does not parse, or fails on these values, with the expression and
   *     the reason
   */
  public static Object evaluate(String expression, Map<String, ?> values) {
    var cel = environment(values.keySet());
    try {
      return cel.createProgram(compile(cel, expression)).eval(values);
    } catch (CelEvaluationException e) {
      throw new InvalidInput("expression \"%s\": %s".formatted(expression, e.getMessage()));
    }
  }

  private static dev.cel.bundle.Cel environment(Collection<String> variables) {
    CelBuilder builder =
        CelFactory.standardCelBuilder()
            .setOptions(CelOptions.current().enableHeterogeneousNumericComparisons(true).build());
    for (var name : variables) builder.addVar(name, SimpleType.DYN);
    return builder.build();
  }

  private static CelAbstractSyntaxTree compile(dev.cel.bundle.Cel cel, String expression) {
    try {
      return cel.compile(expression).getAst();
    } catch (CelValidationException e) {
      throw new InvalidInput(
          "expression \"%s\": %s".formatted(expression, String.valueOf(e.getMessage()).strip()));
    }
  }
}
