package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Cel;
import io.millrace.base.InvalidInput;
import io.millrace.definitions.YamlNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What stands between <code>${{</code> and <code>}}</code>: CEL over {@code params.NAME}, {@code
 * steps.STEP.outputs.OUTPUT}, the values of an instance and, in late steps, {@code run.state} and
 * {@code run.error}. What it refers to is read from its text, so that steps can be ordered and
 * checked before anything runs; other uses of these words are refused.
 */
final class Expression {
  /**
   * An output of a step.
   *
   * @param pick which instance's: its index, or EACH, or null for that of the step
   */
  record Reference(String step, String output, @Nullable String pick) {
    static final String EACH = "each.index";

    /** As it is written. */
    String text() {
      return "steps.%s.outputs.%s%s".formatted(step, output, pick == null ? "" : "[" + pick + "]");
    }
  }

  /** A value of an instance, such as matrix.depth. */
  record Local(String word, String name) {
    String text() {
      return word + "." + name;
    }
  }

  /** The first words of the values of an instance. */
  static final Set<String> LOCALS =
      Set.of(Strategy.Matrix.WORD, Strategy.ForEach.WORD, Strategy.Search.WORD);

  static final Pattern LITERAL = Pattern.compile("\"(\\\\.|[^\"\\\\])*\"|'(\\\\.|[^'\\\\])*'");
  private static final Pattern ROOT =
      Pattern.compile(
          "(?<![A-Za-z0-9_.])(steps|params|inputs|matrix|each|search|run)\\b(?!\\s*\\()");
  private static final Pattern STEP =
      Pattern.compile(
          "steps\\s*\\.\\s*([A-Za-z_][A-Za-z0-9_]*)\\s*\\.\\s*outputs\\s*\\.\\s*([A-Za-z_][A-Za-z0-9_]*)");
  private static final Pattern PICK =
      Pattern.compile("\\s*\\[\\s*([0-9]{1,5}|each\\s*\\.\\s*index)\\s*\\]\\s*");
  private static final Pattern NAMED =
      Pattern.compile("(params|inputs|matrix|each|search)\\s*\\.\\s*([A-Za-z_][A-Za-z0-9_]*)");

  private static final Pattern RUN = Pattern.compile("run\\s*\\.\\s*(state|error)\\b");
  private static final Pattern ASKS = Pattern.compile("\\bhas\\s*\\(");

  private final String source;
  private final YamlNode place;
  private final List<Reference> references = new ArrayList<>();
  private final List<String> params = new ArrayList<>();
  private final List<String> inputs = new ArrayList<>();
  private final List<Local> locals = new ArrayList<>();
  private boolean asks;
  private boolean readsRun;
  private final boolean plain;
  private final @Nullable Reference picked;
  private final @Nullable View view;
  private final int weight;

  Expression(String source, YamlNode place) {
    this.source = source.strip();
    this.place = place;
    if (this.source.isEmpty()) throw place.invalid("the expression ${{ }} is empty");
    var bare = LITERAL.matcher(this.source).replaceAll("\"\"");
    this.asks = ASKS.matcher(bare).find();
    boolean whole = false;
    @Nullable Reference pick = null;
    var root = ROOT.matcher(bare);
    while (root.find()) {
      var word = root.group(1);
      var pattern =
          switch (word) {
            case "steps" -> STEP;
            case "run" -> RUN;
            default -> NAMED;
          };
      var match = pattern.matcher(bare).region(root.start(), bare.length());
      if (!match.lookingAt()) {
        throw place.invalid(
            "expression \"%s\": expected %s"
                .formatted(
                    Cel.shown(this.source),
                    pattern == STEP
                        ? "steps.STEP.outputs.OUTPUT"
                        : pattern == RUN ? "run.state or run.error" : word + ".NAME"));
      }
      if (pattern == STEP) {
        references.add(new Reference(match.group(1), match.group(2), null));
        var index = PICK.matcher(bare).region(match.end(), bare.length());
        if (root.start() == 0 && index.matches())
          pick =
              new Reference(match.group(1), match.group(2), index.group(1).replaceAll("\\s", ""));
      } else if (pattern == RUN) readsRun = true;
      else if (word.equals("params")) params.add(match.group(2));
      else if (word.equals("inputs")) inputs.add(match.group(2));
      else locals.add(new Local(word, match.group(2)));
      whole = match.end() == bare.length() && root.start() == 0;
    }
    this.picked = pick;
    this.plain = whole;
    this.view = null;
    this.weight = 1;
    if (plain) return; // read without CEL, and most are
    try {
      Cel.check(
          this.source, Set.of("params", "inputs", "steps", "matrix", "each", "search", "run"));
    } catch (InvalidInput e) {
      throw place.invalid(oneLine(e));
    }
  }

  /**
   * As it is where its file is used by another.
   *
   * @param picked what its pick stands for, if it has one
   */
  private Expression(Expression written, View view, @Nullable Reference picked) {
    this.source = written.source;
    this.place = written.place;
    this.asks = written.asks;
    this.readsRun = written.readsRun;
    this.plain = written.plain;
    this.picked = picked;
    this.view = view;
    this.locals.addAll(written.locals);
    for (var reference : written.references) {
      var real = view.steps().get(reference.step());
      if (real != null) references.add(new Reference(real, reference.output(), null));
    }
    if (view.params() == null) {
      params.addAll(written.params);
      inputs.addAll(written.inputs);
    }
    var weight = new AtomicInteger(1);
    view.expressions()
        .forEach(stands -> {
          if (weight.addAndGet(stands.weight) > Frame.MOST_READ)
            throw place.invalid(
                "the expression reads more than %,d values through the parameters and outputs of other pipelines; give what it needs more directly"
                    .formatted(Frame.MOST_READ));
          stands.references.stream().filter(r -> !references.contains(r)).forEach(references::add);
          stands.params.stream().filter(p -> !params.contains(p)).forEach(params::add);
          stands.inputs.stream().filter(i -> !inputs.contains(i)).forEach(inputs::add);
          stands.locals.stream().filter(l -> !locals.contains(l)).forEach(locals::add);
          asks |= stands.asks;
          readsRun |= stands.readsRun;
        });
    this.weight = weight.get();
  }

  /** The same with what its names stand for. */
  Expression seen(View view, @Nullable Reference picked) {
    return view.isPlain() ? this : new Expression(this, view, picked);
  }

  /** Both conditions as one. */
  static Expression both(Template one, Template other, YamlNode place) {
    var written = new Expression("params.asked && params.own", place);
    return written.seen(
        new View(Map.of(), Map.of("asked", one, "own", other), Map.of(), Map.of()), null);
  }

  /** What it says, with all that its names stand for. */
  String says() {
    return view == null ? source : source + " " + view.says();
  }

  String source() {
    return source;
  }

  /** Whether one name is all of it. */
  boolean isPlain() {
    return plain;
  }

  /** The output that it picks an instance's of, or null. */
  @Nullable Reference picked() {
    return picked;
  }

  /** The inputs of the pipeline that it reads. */
  List<String> inputs() {
    return inputs;
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

  /** The values of its instance that it reads. */
  List<Local> locals() {
    return locals;
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
    return references.isEmpty()
        && params.isEmpty()
        && inputs.isEmpty()
        && locals.isEmpty()
        && !readsRun;
  }

  /** The output that is all of this expression, so that it can be an artifact too. */
  Optional<Reference> wholeReference() {
    if (picked != null) return Optional.of(picked);
    return plain && references.size() == 1 ? Optional.of(references.getFirst()) : Optional.empty();
  }

  /** The parameter that is all of this expression. */
  Optional<String> wholeParam() {
    return plain && params.size() == 1 ? Optional.of(params.getFirst()) : Optional.empty();
  }

  /** The input of the pipeline that is all of this expression. */
  Optional<String> wholeInput() {
    return plain && inputs.size() == 1 ? Optional.of(inputs.getFirst()) : Optional.empty();
  }

  /** The value of its instance that is all of this expression. */
  Optional<Local> wholeLocal() {
    return plain && locals.size() == 1 ? Optional.of(locals.getFirst()) : Optional.empty();
  }

  /** Its value; InvalidInput with its place if it fails. */
  JsonNode evaluate(Scope scope) {
    @Nullable JsonNode direct = null;
    if (plain && params.size() == 1) direct = scope.params().get(params.getFirst());
    else if (plain && references.size() == 1) direct = scope.value(references.getFirst());
    else if (plain && locals.size() == 1) direct = scope.local(locals.getFirst());
    if (direct != null) return direct;
    try {
      var variables =
          view == null
              ? scope.variables(references.stream().map(Reference::step).toList())
              : view.of(scope).variables(view.read());
      return CelValues.json(Objects.requireNonNull(Cel.evaluate(source, variables)));
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
