package io.millrace.base;

import dev.cel.bundle.CelBuilder;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.SimpleType;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Common Expression Language, with its extension for texts, over variables that hold maps, lists,
 * numbers, text and truth values.
 */
public final class Cel {
  private static final int LONGEST_SHOWN = 200;
  private static final int MOST_FAULTS = 3;

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
      throw invalid(expression, e);
    }
  }

  private static dev.cel.bundle.Cel environment(Collection<String> variables) {
    CelBuilder builder =
        CelFactory.standardCelBuilder()
            .setStandardMacros(CelStandardMacro.HAS)
            .setOptions(CelOptions.current().enableHeterogeneousNumericComparisons(true).build())
            .addCompilerLibraries(CelExtensions.strings())
            .addRuntimeLibraries(CelExtensions.strings());
    for (var name : variables) builder.addVar(name, SimpleType.DYN);
    return builder.build();
  }

  private static CelAbstractSyntaxTree compile(dev.cel.bundle.Cel cel, String expression) {
    try {
      return cel.compile(expression).getAst();
    } catch (CelValidationException e) {
      throw invalid(expression, e);
    }
  }

  /** As much of an expression as a message shows. */
  public static String shown(String expression) {
    return expression.length() <= LONGEST_SHOWN
        ? expression
        : expression.substring(0, LONGEST_SHOWN) + "...";
  }

  /** CEL tells each fault with the line it is in, which may be all of a long expression. */
  private static InvalidInput invalid(String expression, Exception e) {
    var reason = String.valueOf(e.getMessage()).strip();
    if (expression.length() > LONGEST_SHOWN)
      reason =
          reason
              .lines()
              .filter(line -> !line.strip().startsWith("|"))
              .limit(MOST_FAULTS)
              .map(Cel::shown)
              .collect(Collectors.joining("\n"));
    return new InvalidInput("expression \"%s\": %s".formatted(shown(expression), reason));
  }
}
