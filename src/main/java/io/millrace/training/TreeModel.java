package io.millrace.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What XGBoost learned, as its JSON format says (doc/model.schema in XGBoost's sources).
 *
 * @param targetOf for each tree the output that it adds to
 * @param baseScores one per output, in the space of the outputs, not of the margins
 */
record TreeModel(List<Tree> trees, int[] targetOf, float[] baseScores, String version) {

  /**
   * One tree. A node is a leaf where left is -1; its value is then its condition.
   *
   * @param categories of a categorical node those that go right; null for a numeric node, whose
   *     values below the condition go left
   */
  record Tree(
      int[] left,
      int[] right,
      int[] feature,
      float[] condition,
      boolean[] missingLeft,
      float[][] categories) {}

  static TreeModel parse(byte[] json) {
    try {
      // Decimal texts go to single precision directly: by way of a double some would be rounded
      // twice.
      var root =
          Json.mapper()
              .reader()
              .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
              .readTree(json);
      return of(root);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(
          "XGBoost wrote JSON that cannot be read: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static TreeModel of(JsonNode root) {
    var learner = root.path("learner");
    var booster = learner.path("gradient_booster");
    if (!booster.path("name").asText().equals("gbtree")
        || booster.path("model").has("weight_drop")) {
      throw new IllegalStateException(
          "only plain boosted trees are converted, not " + booster.path("name").asText());
    }
    var model = booster.path("model");
    var trees = new ArrayList<Tree>();
    for (var tree : model.path("trees")) trees.add(tree(tree));
    var param = learner.path("learner_model_param");
    int width =
        Math.max(1, Math.max(param.path("num_class").asInt(), param.path("num_target").asInt()));
    var version = new ArrayList<String>();
    root.path("version").forEach(part -> version.add(part.asText()));
    return new TreeModel(
        trees,
        ints(model.path("tree_info")),
        baseScores(param.path("base_score").asText(), width),
        String.join(".", version));
  }

  /**
   * A number, or since XGBoost 3.1 a list such as [1E-1,2E-1]; one number stands for all outputs.
   */
  private static float[] baseScores(String text, int width) {
    var parts = text.replace("[", "").replace("]", "").split(",");
    if (parts.length != 1 && parts.length != width)
      throw new IllegalStateException("base_score " + text);
    var scores = new float[width];
    for (int i = 0; i < width; i++)
      scores[i] = Float.parseFloat(parts[parts.length == 1 ? 0 : i].strip());
    return scores;
  }

  private static Tree tree(JsonNode tree) {
    if (tree.path("tree_param").path("size_leaf_vector").asInt(1) > 1)
      throw new IllegalStateException("trees with vectors as leaves are not converted");
    var left = ints(tree.path("left_children"));
    var missingLeft = new boolean[left.length];
    for (int i = 0; i < left.length; i++)
      missingLeft[i] = tree.path("default_left").path(i).asInt() != 0;
    return new Tree(
        left,
        ints(tree.path("right_children")),
        ints(tree.path("split_indices")),
        floats(tree.path("split_conditions")),
        missingLeft,
        categories(tree, left.length));
  }

  private static float[][] categories(JsonNode tree, int nodes) {
    var result = new float[nodes][];
    var all = floats(tree.path("categories"));
    var owners = ints(tree.path("categories_nodes"));
    var starts = ints(tree.path("categories_segments"));
    var sizes = ints(tree.path("categories_sizes"));
    for (int i = 0; i < owners.length; i++) {
      result[owners[i]] = java.util.Arrays.copyOfRange(all, starts[i], starts[i] + sizes[i]);
    }
    for (int i = 0; i < nodes; i++) {
      if ((tree.path("split_type").path(i).asInt() == 1) != (result[i] != null))
        throw new IllegalStateException("categories of node " + i);
    }
    return result;
  }

  private static int[] ints(JsonNode array) {
    var result = new int[array.size()];
    for (int i = 0; i < result.length; i++) result[i] = array.get(i).intValue();
    return result;
  }

  private static float[] floats(JsonNode array) {
    var result = new float[array.size()];
    for (int i = 0; i < result.length; i++)
      result[i] =
          array.get(i).isNumber()
              ? array.get(i).decimalValue().floatValue()
              : Float.parseFloat(array.get(i).asText());
    return result;
  }

  /** The conditions of numeric nodes, by feature. */
  List<List<Float>> thresholds(int features) {
    var result = new ArrayList<List<Float>>();
    for (int f = 0; f < features; f++) result.add(new ArrayList<>());
    for (var tree : trees) {
      for (int node = 0; node < tree.left().length; node++) {
        if (tree.left()[node] >= 0 && tree.categories()[node] == null)
          result.get(tree.feature()[node]).add(tree.condition()[node]);
      }
    }
    return result;
  }
}
