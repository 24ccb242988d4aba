package io.millrace.serving.scoring;

import io.millrace.base.TooLarge;
import io.millrace.base.Unsupported;
import io.millrace.data.Sql;
import io.millrace.models.DataType;
import io.millrace.models.Tensor;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The columns that hold a model's answers: one for each number, text or truth value that an output
 * has for a row. An output with several is NAME_0, NAME_1 and so on; where the rows have a column
 * of that name already, {@code predicted_} stands before it.
 */
final class AnswerColumns {
  private static final int MOST = 1_000;

  /** An output and how many values of it a row has. */
  private record Output(String name, DataType type, int width) {}

  private final List<Output> outputs;
  private final List<String> names;

  private AnswerColumns(List<Output> outputs, List<String> names) {
    this.outputs = outputs;
    this.names = names;
  }

  /**
   * @param given the names of the rows' own columns
   * @param answers to some rows
   */
  static AnswerColumns of(Collection<String> given, Map<String, Tensor> answers, int rows) {
    var taken = new HashSet<String>();
    given.forEach(name -> taken.add(key(name)));
    var outputs = new ArrayList<Output>();
    var names = new ArrayList<String>();
    for (var answer : answers.values()) {
      if (answer.rows() != rows || answer.shape().length == 0)
        throw new Unsupported(
            "output \"%s\" is %s for %d rows: only outputs with an entry for each row can be written beside them"
                .formatted(answer.name(), answer, rows));
      int width = width(answer);
      outputs.add(new Output(answer.name(), answer.datatype(), width));
      for (int i = 0; i < width; i++)
        names.add(free(taken, width == 1 ? answer.name() : answer.name() + "_" + i));
      if (names.size() > MOST)
        throw new TooLarge(
            "the model answers a row with more than %,d values, which is the most that a table takes"
                .formatted(MOST));
    }
    return new AnswerColumns(outputs, names);
  }

  /** Of a tensor without rows its shape tells it too. */
  private static int width(Tensor answer) {
    long width = 1;
    var shape = answer.shape();
    for (int i = 1; i < shape.length; i++) width *= shape[i];
    return (int) Math.min(width, MOST + 1L);
  }

  private static String free(Set<String> taken, String name) {
    var free = name;
    while (!taken.add(key(free))) free = "predicted_" + free;
    return free;
  }

  /** DuckDB does not tell apart names that differ only in case. */
  private static String key(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  List<String> names() {
    return names;
  }

  /** The columns of the table that the answers wait in. */
  String stored() {
    int[] at = {0};
    return String.join(
        ", ",
        outputs.stream()
            .flatMap(o -> IntStream.range(0, o.width()).mapToObj(_ -> stored(o.type())))
            .map(type -> "a%d %s".formatted(at[0]++, type))
            .toList());
  }

  /** As the file has them, from the table that they wait in, called a. */
  String selected() {
    int[] at = {0};
    return String.join(
        ", ",
        outputs.stream()
            .flatMap(o -> IntStream.range(0, o.width()).mapToObj(_ -> written(o.type())))
            .map(type ->
                "cast(a.a%1$d as %2$s) as %3$s"
                    .formatted(at[0], type, Sql.name(names.get(at[0]++))))
            .toList());
  }

  /** A list of values a row; a number that is none is missing, as REST writes it. */
  Stream<@Nullable Object[]> rows(Map<String, Tensor> answers, int rows) {
    var tensors = new ArrayList<Tensor>();
    for (var output : outputs) {
      var tensor = answers.get(output.name());
      if (tensor == null || tensor.size() != rows * output.width())
        throw new Unsupported(
            "output \"%s\" has another width for some rows than for others: it cannot be written as columns"
                .formatted(output.name()));
      tensors.add(tensor);
    }
    return IntStream.range(0, rows).mapToObj(row -> row(tensors, row));
  }

  private @Nullable Object[] row(List<Tensor> tensors, int row) {
    var values = new @Nullable Object[names.size()];
    int at = 0;
    for (int i = 0; i < tensors.size(); i++) {
      int width = outputs.get(i).width();
      var type = outputs.get(i).type();
      for (int k = 0; k < width; k++)
        values[at++] = value(type, tensors.get(i).at(row * width + k));
    }
    return values;
  }

  /** What the engine is told; whole numbers beyond its usual range as texts. */
  private static @Nullable Object value(DataType type, Object value) {
    return switch (value) {
      case Double number when number.isNaN() -> null;
      case Boolean flag -> flag ? 1L : 0L;
      case Long number when type == DataType.UINT64 -> number.toString();
      case BigInteger number -> number.toString();
      default -> value;
    };
  }

  private static String stored(DataType type) {
    return switch (type) {
      case FP32, FP64, FP16, BF16 -> "double";
      case BYTES, UINT64 -> "varchar";
      case BOOL, UINT8, UINT16, UINT32, INT8, INT16, INT32, INT64 -> "bigint";
    };
  }

  private static String written(DataType type) {
    return switch (type) {
      case FP32, FP16, BF16 -> "float";
      case FP64 -> "double";
      case BYTES -> "varchar";
      case BOOL -> "boolean";
      case UINT8 -> "utinyint";
      case INT8 -> "tinyint";
      case UINT16 -> "usmallint";
      case INT16 -> "smallint";
      case UINT32 -> "uinteger";
      case INT32 -> "integer";
      case UINT64 -> "ubigint";
      case INT64 -> "bigint";
    };
  }
}
