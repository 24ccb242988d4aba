package io.millrace.models.explanations;

import io.millrace.base.InvalidInput;
import io.millrace.base.TooLarge;
import io.millrace.base.Unsupported;
import io.millrace.models.Feed;
import io.millrace.models.LoadedModel;
import io.millrace.models.Tensor;
import io.millrace.models.explanations.Explanation.Contribution;
import io.millrace.models.explanations.TreeGraphReader.Link;
import io.millrace.models.explanations.TreeGraphReader.MatrixColumn;
import io.millrace.models.explanations.TreeGraphReader.TreeModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Explains the answers of a loaded model: exactly where it is a sum of trees of the form trained
 * here, by sampling else. Stops with CancellationException if its thread is interrupted. Used by
 * one thread.
 */
public final class Explainer {
  /** The most permutations that may be asked for. */
  public static final int MOST_PERMUTATIONS = 10_000;

  public static final int PERMUTATIONS = 400;

  /** The most reference rows that are used. */
  static final int MOST_REFERENCES = 100;

  /** The most rows that a sampling asks the model about. */
  static final int MOST_ROWS = 1_000_000;

  private static final int BATCH = 256;

  /** How far, relatively, single precision in another order may lead. */
  private static final double SINGLE = 1e-4;

  /** How far, relatively, contributions may be from what they add up to. */
  private static final double ADDITIVE = 1e-6;

  /**
   * How to explain.
   *
   * @param output NAME or NAME[INDEX]; null for the usual one
   * @param permutations at least, where something is drawn
   */
  public record Options(@Nullable String output, int permutations, long seed) {
    public static final Options USUAL = new Options(null, PERMUTATIONS, 1);

    public Options {
      if (permutations < 4 || permutations > MOST_PERMUTATIONS)
        throw new InvalidInput(
            "explain_permutations", permutations, "4 to %,d".formatted(MOST_PERMUTATIONS));
    }
  }

  /**
   * The rows that an answer is held against.
   *
   * @param from where they come from, for people
   */
  public record References(List<Tensor> rows, String from) {
    public References {
      rows =
          rows.stream()
              .map(tensor ->
                  tensor.rows() > MOST_REFERENCES ? Feed.rows(tensor, 0, MOST_REFERENCES) : tensor)
              .toList();
    }
  }

  private final LoadedModel model;
  private final References references;
  private final @Nullable TreeModel trees;

  /**
   * @param onnx the model's file; null where it is too large to be looked through for trees
   */
  public Explainer(LoadedModel model, byte @Nullable [] onnx, References references) {
    this.model = model;
    this.references = references;
    this.trees =
        onnx == null
            ? null
            : TreeGraphReader.read(onnx).filter(found -> isByColumn(found)).orElse(null);
  }

  private boolean isByColumn(TreeModel found) {
    return found.columns().stream()
        .allMatch(column ->
            model.signature().findInput(column.input()).filter(f -> f.columnar()).isPresent());
  }

  /**
   * @param row the inputs of one row, that fit the signature
   */
  public Explanation explain(List<Tensor> row, Options options) {
    var answer = model.run(row);
    var output = ExplainedOutput.of(model.signature(), options.output(), answer);
    double answered = output.of(answer)[0];
    if (!Double.isFinite(answered))
      throw new Unsupported(
          "output %s is %s: only finite numbers have an explanation".formatted(output, answered));
    var players = new Players(model.signature(), row, references.rows());
    if (players.references() == 0) throw new Unsupported("there are no reference rows");
    var found = trees;
    if (found != null && found.output().equals(output.name()))
      return exact(found, players, row, output, answered);
    return sampled(players, output, answered, options);
  }

  private Explanation exact(
      TreeModel found, Players players, List<Tensor> row, ExplainedOutput output, double answered) {
    var sums = found.trees();
    var owners = owners(found);
    var shap = new TreeShap(sums, owners, players.count(), output.index());
    var x = matrix(found, row, 0);
    double value = sums.sum(x, output.index());
    checkTrees(found, x, output, answered);
    var amounts = new double[players.count()];
    double base = 0;
    int count = players.references();
    for (int r = 0; r < count; r++) {
      if (Thread.currentThread().isInterrupted()) throw new CancellationException("cancelled");
      var z = matrix(found, references.rows(), r);
      base += sums.sum(z, output.index()) / count;
      shap.add(x, z, 1.0 / count, amounts);
    }
    double residual = value - base;
    for (double amount : amounts) residual -= amount;
    if (!(Math.abs(residual) <= ADDITIVE * Math.max(1, Math.abs(value))))
      throw new IllegalStateException(
          "the contributions miss the value %s by %s".formatted(value, residual));
    return new Explanation(
        Explanation.TREE_SHAP,
        output.toString(),
        answered,
        found.link() == Link.IDENTITY ? Explanation.OUTPUT : Explanation.MARGIN,
        value,
        base,
        contributions(players, amounts, null),
        residual,
        new Explanation.Basis(count, references.from(), 0, 0));
  }

  /** The player of each column of the matrix: inputs are columns here, so one each. */
  private int[] owners(TreeModel found) {
    var inputs = model.signature().inputNames();
    return found.columns().stream().mapToInt(column -> inputs.indexOf(column.input())).toArray();
  }

  /** The trees that were read must be those that answered. */
  private static void checkTrees(
      TreeModel found, float[] x, ExplainedOutput output, double answered) {
    var sums =
        IntStream.range(0, found.trees().targets())
            .mapToDouble(target -> found.trees().sum(x, target))
            .toArray();
    double sum = sums[output.index()];
    double expected =
        switch (found.link()) {
          case IDENTITY -> sum;
          case SIGMOID -> 1 / (1 + Math.exp(-sum));
          case SOFTMAX -> {
            double all = 0;
            for (double other : sums) all += Math.exp(other - sum);
            yield 1 / all;
          }
        };
    if (!(Math.abs(expected - answered) <= SINGLE * Math.max(1, Math.abs(answered))))
      throw new IllegalStateException(
          "the trees of the file answer %s, the model %s".formatted(expected, answered));
  }

  /** A row as the trees see it. */
  private static float[] matrix(TreeModel found, List<Tensor> rows, int row) {
    var byName = new HashMap<String, Tensor>();
    rows.forEach(tensor -> byName.put(tensor.name(), tensor));
    var matrix = new float[found.columns().size()];
    for (int i = 0; i < matrix.length; i++)
      matrix[i] = cell(found, found.columns().get(i), byName, row);
    return matrix;
  }

  private static float cell(
      TreeModel found, MatrixColumn column, HashMap<String, Tensor> byName, int row) {
    var tensor = byName.get(column.input());
    if (tensor == null) throw new IllegalStateException("no input " + column.input());
    float value =
        switch (Players.element(tensor, row)) {
          case Boolean flag -> flag ? 1f : 0f;
          case Number number -> number.floatValue();
          case Object text ->
              column.codes() == null
                  ? Float.NaN
                  : column.codes().getOrDefault(text.toString(), column.otherwise());
        };
    return found.infiniteIsMissing() && Float.isInfinite(value) ? Float.NaN : value;
  }

  private Explanation sampled(
      Players players, ExplainedOutput output, double answered, Options options) {
    int count = players.references();
    int pairs = Math.max(2, Math.ceilDiv(options.permutations(), 2 * count));
    long rows = 2L * pairs * count * (players.count() - 1);
    if (rows > MOST_ROWS)
      throw new TooLarge(
          "%,d permutations of %d inputs need the model's answers to %,d rows, more than %,d: ask for fewer with \"explain_permutations\""
              .formatted(2L * pairs * count, players.count(), rows, MOST_ROWS));
    var values =
        new PermutationShap(
                mixes -> answers(players, output, mixes),
                players.count(),
                count,
                pairs,
                options.seed())
            .values();
    double residual = values.answer() - values.base();
    for (double value : values.values()) residual -= value;
    return new Explanation(
        Explanation.SAMPLING,
        output.toString(),
        answered,
        Explanation.OUTPUT,
        values.answer(),
        values.base(),
        contributions(players, values.values(), values.errors()),
        residual,
        new Explanation.Basis(count, references.from(), 2 * pairs * count, options.seed()));
  }

  private double[] answers(
      Players players, ExplainedOutput output, List<PermutationShap.Mix> mixes) {
    var answers = new double[mixes.size()];
    for (int from = 0; from < mixes.size(); from += BATCH) {
      if (Thread.currentThread().isInterrupted()) throw new CancellationException("cancelled");
      var part = mixes.subList(from, Math.min(mixes.size(), from + BATCH));
      var got = output.of(model.run(players.mixed(part), Set.of(output.name())));
      if (got.length != part.size())
        throw new Unsupported(
            "the model answers %d rows with %d numbers of %s: rows that are no rows to it have no explanation"
                .formatted(part.size(), got.length, output));
      System.arraycopy(got, 0, answers, from, got.length);
    }
    return answers;
  }

  private static List<Contribution> contributions(
      Players players, double[] amounts, double @Nullable [] errors) {
    var list = new ArrayList<Contribution>();
    for (int i = 0; i < amounts.length; i++)
      list.add(
          new Contribution(
              players.name(i), players.value(i), amounts[i], errors == null ? null : errors[i]));
    return list;
  }
}
