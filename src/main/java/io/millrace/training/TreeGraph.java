package io.millrace.training;

import io.millrace.evaluation.TaskKind;
import io.millrace.models.DataType;
import io.millrace.models.Tensor;
import io.millrace.models.onnx.OnnxGraph;
import java.util.ArrayList;
import java.util.List;

/**
 * Appends trees to the graph that makes their features: TreeEnsemble (ai.onnx.ml 5), base scores,
 * link function.
 *
 * <p>How XGBoost decides, and what is written for it:
 *
 * <ul>
 *   <li>a number goes left if x < condition in single precision: BRANCH_LT, true to the left;
 *   <li>a category goes right if it is listed: BRANCH_MEMBER, true to the right;
 *   <li>NaN goes to the default side: missing-tracks-true is whether that is the true side;
 *   <li>base scores are in the space of the outputs, so that a probability is taken back through
 *       the logit.
 * </ul>
 */
final class TreeGraph {
  private static final byte LESS = 1;
  private static final byte MEMBER = 6;

  private final List<Long> features = new ArrayList<>();
  private final List<Float> splits = new ArrayList<>();
  private final List<Byte> modes = new ArrayList<>();
  private final List<Long> trueIds = new ArrayList<>();
  private final List<Long> trueLeafs = new ArrayList<>();
  private final List<Long> falseIds = new ArrayList<>();
  private final List<Long> falseLeafs = new ArrayList<>();
  private final List<Long> missingTrue = new ArrayList<>();
  private final List<Float> members = new ArrayList<>();
  private final List<Long> roots = new ArrayList<>();
  private final List<Long> leafTargets = new ArrayList<>();
  private final List<Float> leafWeights = new ArrayList<>();

  /** What the next tree of an output adds beside its leaf: its base score until it has a tree. */
  private final float[] bases;

  private TreeGraph(float[] bases) {
    this.bases = bases;
  }

  static byte[] append(OnnxGraph graph, String matrix, TreeModel model, Target target) {
    var margins =
        new TreeGraph(base(model.baseScores(), target.task())).ensemble(graph, matrix, model);
    Answers.append(
        graph,
        target,
        switch (target.task()) {
          case BINARY -> graph.add("Sigmoid", margins);
          case MULTICLASS -> graph.node("Softmax", margins).with("axis", 1).out();
          case REGRESSION -> margins;
        });
    return graph.bytes();
  }

  private static float[] base(float[] scores, TaskKind task) {
    var base = scores.clone();
    // As XGBoost computes it, in single precision.
    if (task == TaskKind.BINARY)
      for (int i = 0; i < base.length; i++) base[i] = (float) -Math.log(1f / base[i] - 1f);
    return base;
  }

  private String ensemble(OnnxGraph graph, String matrix, TreeModel model) {
    for (int i = 0; i < model.trees().size(); i++) add(model.trees().get(i), model.targetOf()[i]);
    var node =
        graph
            .node("TreeEnsemble", matrix)
            .ml()
            .with("aggregate_function", 1)
            .with("leaf_targetids", longs(leafTargets))
            .with("leaf_weights", Tensor.of("leaf_weights", floats(leafWeights)))
            .with("n_targets", model.baseScores().length)
            .with("nodes_falseleafs", longs(falseLeafs))
            .with("nodes_falsenodeids", longs(falseIds))
            .with("nodes_featureids", longs(features))
            .with("nodes_missing_value_tracks_true", longs(missingTrue))
            .with(
                "nodes_modes",
                new Tensor("nodes_modes", DataType.UINT8, new long[] {modes.size()}, bytes(modes)))
            .with("nodes_splits", Tensor.of("nodes_splits", floats(splits)))
            .with("nodes_trueleafs", longs(trueLeafs))
            .with("nodes_truenodeids", longs(trueIds))
            .with("post_transform", 0)
            .with("tree_roots", longs(roots));
    if (!members.isEmpty())
      node.with("membership_values", Tensor.of("membership_values", floats(members)));
    return node.out();
  }

  private void add(TreeModel.Tree tree, int target) {
    addNodes(tree, target);
    bases[target] = 0;
  }

  private void addNodes(TreeModel.Tree tree, int target) {
    int first = modes.size();
    roots.add((long) first);
    var inner = new int[tree.left().length];
    int count = 0;
    for (int node = 0; node < inner.length; node++)
      inner[node] = tree.left()[node] < 0 ? -1 : first + count++;
    if (count == 0) {
      // The standard knows no tree without a node. The node's branches end at two equal leaves:
      // where both end at
      // the same one, ONNX Runtime answers otherwise.
      float weight = bases[target] + tree.condition()[0];
      node(0, 0, LESS, leaf(weight, target), true, leaf(weight, target), true, false);
      return;
    }
    for (int node = 0; node < inner.length; node++) {
      if (inner[node] < 0) continue;
      int left = tree.left()[node];
      int right = tree.right()[node];
      long leftId =
          inner[left] < 0 ? leaf(bases[target] + tree.condition()[left], target) : inner[left];
      long rightId =
          inner[right] < 0 ? leaf(bases[target] + tree.condition()[right], target) : inner[right];
      var categories = tree.categories()[node];
      boolean missingLeft = tree.missingLeft()[node];
      if (categories == null) {
        node(
            tree.feature()[node],
            tree.condition()[node],
            LESS,
            leftId,
            inner[left] < 0,
            rightId,
            inner[right] < 0,
            missingLeft);
      } else {
        for (float category : categories) members.add(category);
        members.add(Float.NaN);
        node(
            tree.feature()[node],
            0,
            MEMBER,
            rightId,
            inner[right] < 0,
            leftId,
            inner[left] < 0,
            !missingLeft);
      }
    }
  }

  private long leaf(float weight, int target) {
    leafWeights.add(weight);
    leafTargets.add((long) target);
    return leafWeights.size() - 1L;
  }

  private void node(
      int feature,
      float split,
      byte mode,
      long whenTrue,
      boolean trueLeaf,
      long whenFalse,
      boolean falseLeaf,
      boolean missing) {
    features.add((long) feature);
    splits.add(split);
    modes.add(mode);
    trueIds.add(whenTrue);
    trueLeafs.add(trueLeaf ? 1L : 0L);
    falseIds.add(whenFalse);
    falseLeafs.add(falseLeaf ? 1L : 0L);
    missingTrue.add(missing ? 1L : 0L);
  }

  private static long[] longs(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  private static float[] floats(List<Float> values) {
    var result = new float[values.size()];
    for (int i = 0; i < result.length; i++) result[i] = values.get(i);
    return result;
  }

  private static byte[] bytes(List<Byte> values) {
    var result = new byte[values.size()];
    for (int i = 0; i < result.length; i++) result[i] = values.get(i);
    return result;
  }
}
