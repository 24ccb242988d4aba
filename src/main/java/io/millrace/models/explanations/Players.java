package io.millrace.models.explanations;

import io.millrace.base.TooLarge;
import io.millrace.base.Unsupported;
import io.millrace.models.Field;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The inputs that share an answer among them: each value that an input has for a row is one. Puts
 * rows together that have some values from the row that is explained and the others from a
 * reference row.
 */
final class Players {
  /** The most that an explanation tells apart. */
  static final int MOST = 512;

  /** An input's tensors of the row and of the reference rows, and how many values a row has. */
  private record Source(Tensor row, Tensor references, int width) {}

  private final List<Source> sources = new ArrayList<>();
  private final List<String> names = new ArrayList<>();

  /**
   * @param row one row
   * @param references some rows
   */
  Players(Signature signature, List<Tensor> row, List<Tensor> references) {
    for (var field : signature.inputs()) {
      var own = named(row, field);
      var others = named(references, field);
      if (own.shape().length == 0 || own.rows() != 1)
        throw new Unsupported(
            "input \"%s\" of shape %s has no rows that could be told apart"
                .formatted(field.name(), field.shape()));
      int width = own.size();
      if (others.size() != width * others.rows())
        throw new Unsupported(
            "input \"%s\" has %d values in this row and others in the reference rows: they cannot take each other's place"
                .formatted(field.name(), width));
      sources.add(new Source(own, others, width));
      for (int i = 0; i < width; i++)
        names.add(field.columnar() ? field.name() : "%s[%d]".formatted(field.name(), i));
      if (names.size() > MOST)
        throw new TooLarge(
            "a row has more than %d values: so many are not told apart in an explanation"
                .formatted(MOST));
    }
  }

  private static Tensor named(List<Tensor> tensors, Field field) {
    for (var tensor : tensors) if (tensor.name().equals(field.name())) return tensor;
    throw new Unsupported("the reference rows lack input \"%s\"".formatted(field.name()));
  }

  int count() {
    return names.size();
  }

  String name(int player) {
    return names.get(player);
  }

  int references() {
    return sources.isEmpty() ? 0 : (int) sources.getFirst().references().rows();
  }

  /** What the explained row has: a number, text or truth value. */
  Object value(int player) {
    int at = player;
    for (var source : sources) {
      if (at < source.width()) return element(source.row(), at);
      at -= source.width();
    }
    throw new IndexOutOfBoundsException(player);
  }

  /** A text that is missing is the empty one to a model. */
  static Object element(Tensor tensor, int index) {
    @Nullable Object value = Array.get(tensor.data(), index);
    return value == null ? "" : tensor.at(index);
  }

  List<Tensor> mixed(List<PermutationShap.Mix> mixes) {
    var tensors = new ArrayList<Tensor>(sources.size());
    int first = 0;
    for (var source : sources) {
      var row = source.row();
      int width = source.width();
      var data = Array.newInstance(row.datatype().carrier().componentType(), mixes.size() * width);
      for (int m = 0; m < mixes.size(); m++) {
        var mix = mixes.get(m);
        for (int i = 0; i < width; i++) {
          boolean fromX = mix.fromX()[first + i];
          var from = fromX ? row : source.references();
          int at = fromX ? i : mix.reference() * width + i;
          System.arraycopy(from.data(), at, data, m * width + i, 1);
        }
      }
      var shape = row.shape();
      shape[0] = mixes.size();
      tensors.add(new Tensor(row.name(), row.datatype(), shape, data));
      first += width;
    }
    return tensors;
  }
}
