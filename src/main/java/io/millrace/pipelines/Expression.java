package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Cel;
import io.millrace.base.InvalidInput;
import io.millrace.definitions.YamlNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What stands between <code>${{</code> and <code>}}</code>: CEL over {@code params.NAME}, {@code
 * steps.STEP.outputs.OUTPUT} and, in late steps, {@code run.state} and {@code run.error}. What it
 * refers to is read from its text, so that steps can be ordered and checked before anything runs;
 * other uses of these words are refused.
 */
final class Expression {
  /** An output of a step. */
  record Reference(String step, String output) {}

  static final Pattern LITERAL = Pattern.compile("\"(\\\\.|[^\"\\\\])*\"|'(\\\\.|[^'\\\\])*'");
  private static final Pattern ROOT =
      Pattern.compile("(?<![A-Za-z0-9_.])(steps|params|run)\\b(?!\\s*\\()");
  private static final Pattern STEP =
      Pattern.compile(
          "steps\\s*\\.\\s*([A-Za-z_][A-Za-z0-9_]*)\\s*\\.\\s*outputs\\s*\\.\\s*([A-Za-z_][A-Za-z0-9_]*)");
  private static final Pattern PARAM = Pattern.compile("params\\s*\\.\\s*([A-Za-z_][A-Za-z0-9_]*)");

  private static final Pattern RUN = Pattern.compile("run\\s*\\.\\s*(state|error)\\b");
  private static final Pattern ASKS = Pattern.compile("\\bhas\\s*\\(");

  private final String source;
  private final YamlNode place;
  private final List<Reference> references = new ArrayList<>();
  private final List<String> params = new ArrayList<>();
  private final boolean asks;
  private boolean readsRun;
  private final boolean plain;

  Expression(String source, YamlNode place) {
    this.source = source.strip();
    this.place = place;
    if (this.source.isEmpty()) throw place.invalid("the expression ${{ }} is empty");
    var bare = LITERAL.matcher(this.source).replaceAll("\"\"");
    this.asks = ASKS.matcher(bare).find();
    boolean whole = false;
    var root = ROOT.matcher(bare);
    while (root.find()) {
      var pattern =
          switch (root.group(1)) {
            case "steps" -> STEP;
            case "params" -> PARAM;
            default -> RUN;
          };
      var match = pattern.matcher(bare).region(root.start(), bare.length());
      if (!match.lookingAt()) {
        throw place.invalid(
            "expression \"%s\": expected %s"
                .formatted(
                    Cel.shown(this.source),
                    pattern == STEP
                        ? "steps.STEP.outputs.OUTPUT"
                        : pattern == PARAM ? "params.NAME" : "run.state or run.error"));
      }
      if (pattern == STEP) references.add(new Reference(match.group(1), match.group(2)));
      else if (pattern == PARAM) params.add(match.group(1));
      else readsRun = true;
      whole = match.end() == bare.length() && root.start() == 0;
    }
    this.plain = whole;
    try {
      Cel.check(this.source, Set.of("params", "steps", "run"));
    } catch (InvalidInput e) {
      throw place.invalid(oneLine(e));
    }
  }

  String source() {
    return source;
  }

  YamlNode place() {
    return place;
  }

  List<Reference> references() {
    return references;
  }

  List<String> params() {
    return params;
  }

  /** Whether it asks what the run came to, which only late steps can. */
  boolean readsRun() {
    return readsRun;
  }

  /** Whether it asks by has(...) for what may be missing. */
  boolean asks() {
    return asks;
  }

  /** Whether its value is known before anything runs. */
  boolean isConstant() {
    return references.isEmpty() && params.isEmpty() && !readsRun;
  }

  /** The output that is all of this expression, so that it can be an artifact too. */
  Optional<Reference> wholeReference() {
    return plain && references.size() == 1 ? Optional.of(references.getFirst()) : Optional.empty();
  }

  /** The parameter that is all of this expression. */
  Optional<String> wholeParam() {
    return plain && params.size() == 1 ? Optional.of(params.getFirst()) : Optional.empty();
  }

  /** Its value; InvalidInput with its place if it fails. */
  JsonNode evaluate(Scope scope) {
    @Nullable JsonNode direct = null;
    if (plain && params.size() == 1) direct = scope.params().get(params.getFirst());
    else if (plain && references.size() == 1) direct = scope.value(references.getFirst());
    if (direct != null) return direct;
    try {
      return CelValues.json(Objects.requireNonNull(Cel.evaluate(source, scope.variables())));
    } catch (InvalidInput e) {
      throw place.invalid(oneLine(e));
    }
  }

  private static String oneLine(InvalidInput e) {
    return String.valueOf(e.getMessage())
        .lines()
        .map(String::strip)
        .reduce((a, b) -> a + " " + b)
        .orElse("");
  }
}
