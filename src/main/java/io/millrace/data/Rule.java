package io.millrace.data;

import io.millrace.base.InvalidInput;

/**
 * A condition on each row.
 *
 * @param expression a truth value of SQL over the row's columns; where it is null, the row passes,
 *     as with CHECK
 */
public record Rule(String name, String expression, OnFailure onFailure) {
  public Rule {
    if (name.isBlank() || name.length() > 200)
      throw new InvalidInput("rule name", name, "1 to 200 characters");
    if (expression.isBlank())
      throw new InvalidInput(
          "rule \"%s\" has an empty expression; write a condition such as \"a >= 0\""
              .formatted(name));
  }
}
