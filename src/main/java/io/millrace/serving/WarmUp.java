package io.millrace.serving;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Expired;
import io.millrace.base.Failure;
import io.millrace.base.Json;
import io.millrace.base.Unavailable;
import io.millrace.models.Feed;
import io.millrace.models.Field;
import io.millrace.models.HalfNumbers;
import io.millrace.models.Predictor;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.lang.reflect.Array;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is learnt of a model before it is let serve, on its golden rows, or on rows that are made up
 * where it has none: what a call costs, and whether rows answered together are answered as each
 * alone.
 *
 * @param rows which ones: golden, made up, or none where the model refused those made up
 * @param alone what a call of one row took
 * @param mostAtOnce how many rows the thread that brings them may answer by itself, if that is
 *     short; 0 where the rows do not tell what a call and its answer cost, or a process of its own
 *     answers
 * @param apart why requests may not share a call; null if they may
 */
record WarmUp(String rows, Duration alone, Cost cost, long mostAtOnce, @Nullable String apart) {
  /** Answers are the same if they differ by at most this times max(1, |value|). */
  static final double TOLERANCE = 1e-6;

  /** As many numbers are written in about the time of a short call. */
  private static final int FEW_NUMBERS = 2_000;

  private static final int MOST_ROWS = 32;
  private static final int MADE_UP = 8;
  private static final int CALLS = 40;
  private static final Duration LONGEST = Duration.ofMillis(150);

  static WarmUp of(Predictor model) {
    var signature = model.signature();
    var golden = model.golden().orElse(null);
    var given = golden == null ? madeUp(signature) : ordered(signature, golden.inputs());
    var kind = golden == null ? "made up" : "golden";
    var obstacle = Merge.obstacle(signature);
    if (given == null) return unknown(kind, "it has an input whose shape is not known");
    try {
      if (obstacle.isPresent()) {
        long nanos = median(model, given);
        int rows = (int) Math.max(1, given.isEmpty() ? 1 : given.getFirst().rows());
        return new WarmUp(
            kind,
            Duration.ofNanos(nanos),
            new Cost(rows, nanos),
            mostAtOnce(model),
            obstacle.get());
      }
      return measured(kind, model, given);
    } catch (Failure e) {
      // A process that made-up rows bring down may not serve.
      if (golden != null || e instanceof Unavailable || e instanceof Expired) throw e;
      return unknown("none", "it refuses rows made up to try it: " + e.getMessage());
    }
  }

  private static WarmUp unknown(String kind, String apart) {
    return new WarmUp(kind, Duration.ZERO, new Cost(1, Batcher.SHORT.toNanos() * 5), 0, apart);
  }

  private static WarmUp measured(String kind, Predictor model, List<Tensor> given) {
    int rows = (int) Math.min(MOST_ROWS, given.getFirst().rows());
    var one = rows(given, 0, 1);
    long alone = median(model, one);
    if (rows < 2)
      return new WarmUp(
          kind,
          Duration.ofNanos(alone),
          new Cost(1, alone),
          mostAtOnce(model),
          "there are no two rows to try it on");
    long together = median(model, rows(given, 0, rows));
    return new WarmUp(
        kind,
        Duration.ofNanos(alone),
        new Cost(1, alone, rows, together),
        mostAtOnce(model),
        difference(model, given, rows));
  }

  private static long mostAtOnce(Predictor model) {
    if (model.engine() != Predictor.Engine.ONNX) return 0;
    var signature = model.signature();
    long numbers = 1;
    for (var field : signature.inputs()) if (perRow(field) < 0) return 0;
    for (var field : signature.outputs()) {
      if (perRow(field) < 0) return 0;
      numbers += perRow(field);
    }
    return FEW_NUMBERS / numbers;
  }

  /** How many elements a row has, or all rows where their number is fixed; -1 where that varies. */
  private static long perRow(Field field) {
    if (field.shape().isEmpty()) return -1;
    long elements = Math.max(1, field.shape().getFirst());
    for (long size : field.shape().subList(1, field.shape().size())) {
      if (size < 0) return -1;
      elements *= size;
    }
    return elements;
  }

  /** Where rows together get another answer than each alone; null if nowhere. */
  private static @Nullable String difference(Predictor model, List<Tensor> given, int rows) {
    var apart = new ArrayList<List<Tensor>>();
    for (int row = 0; row < rows; row++) apart.add(model.run(rows(given, row, row + 1), Set.of()));
    for (int size : new int[] {2, (rows + 1) / 2, rows}) {
      int count = Math.min(size, rows);
      var together = model.run(rows(given, rows - count, rows), Set.of());
      for (int output = 0; output < together.size(); output++) {
        var answer = together.get(output);
        if (answer.shape().length == 0 || answer.rows() != count)
          return "output \"%s\" of %d rows has shape %s"
              .formatted(answer.name(), count, Arrays.toString(answer.shape()));
        for (int row = 0; row < count; row++) {
          var single = apart.get(rows - count + row).get(output);
          if (single.rows() != 1 || !same(single, Feed.rows(answer, row, row + 1)))
            return "output \"%s\" of a row differs when %d are answered together"
                .formatted(answer.name(), count);
        }
      }
    }
    return null;
  }

  static boolean same(Tensor expected, Tensor got) {
    if (expected.size() != got.size() || expected.datatype() != got.datatype()) return false;
    for (int i = 0; i < expected.size(); i++) {
      var wanted = expected.at(i);
      var answered = got.at(i);
      if (wanted.equals(answered)) continue;
      if (!(wanted instanceof Double a) || !(answered instanceof Double b)) return false;
      if (!(Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a)))) return false;
    }
    return true;
  }

  /** What the usual call takes; the first ones are slower and do not count. */
  private static long median(Predictor model, List<Tensor> inputs) {
    var took = new long[CALLS];
    int calls = 0;
    long end = System.nanoTime() + LONGEST.toNanos();
    while (calls == 0 || (calls < CALLS && System.nanoTime() < end)) {
      long began = System.nanoTime();
      var _ = model.run(inputs, Set.of());
      took[calls++] = System.nanoTime() - began;
    }
    Arrays.sort(took, 0, calls);
    return Math.max(1, took[calls / 2]);
  }

  private static List<Tensor> rows(List<Tensor> tensors, int from, int to) {
    return tensors.stream().map(tensor -> Feed.rows(tensor, from, to)).toList();
  }

  static List<Tensor> ordered(Signature signature, List<Tensor> tensors) {
    return tensors.stream()
        .sorted(Comparator.comparingInt(t -> signature.inputNames().indexOf(t.name())))
        .toList();
  }

  /** The same ones each time; null where the model does not say a shape. */
  private static @Nullable List<Tensor> madeUp(Signature signature) {
    var random = new Random(1);
    var tensors = new ArrayList<Tensor>();
    for (var field : signature.inputs()) {
      if (field.shape().isEmpty()) return null;
      tensors.add(madeUp(field, random));
    }
    return tensors;
  }

  private static Tensor madeUp(Field field, Random random) {
    var shape = field.shape().stream().mapToLong(size -> size < 0 ? 2 : size).toArray();
    if (field.shape().getFirst() < 0) shape[0] = MADE_UP;
    int count = Math.toIntExact(Tensor.elements(field.name(), shape));
    var data = Array.newInstance(field.datatype().carrier().componentType(), count);
    for (int i = 0; i < count; i++) {
      switch (field.datatype()) {
        case FP32 -> Array.setFloat(data, i, (float) random.nextGaussian());
        case FP64 -> Array.setDouble(data, i, random.nextGaussian());
        case BOOL -> Array.setBoolean(data, i, random.nextBoolean());
        case BYTES -> Array.set(data, i, random.nextBoolean() ? "a" : "b");
        case INT8, UINT8 -> Array.setByte(data, i, (byte) random.nextInt(2));
        case FP16, BF16 ->
            Array.setShort(data, i, HalfNumbers.of(field.datatype(), random.nextGaussian()));
        case INT16, UINT16 -> Array.setShort(data, i, (short) random.nextInt(2));
        case INT32, UINT32 -> Array.setInt(data, i, random.nextInt(2));
        case INT64, UINT64 -> Array.setLong(data, i, random.nextInt(2));
      }
    }
    return new Tensor(field.name(), field.datatype(), shape, data);
  }

  ObjectNode json() {
    var json = Json.object().put("rows", rows).put("row_micros", alone.toNanos() / 1e3);
    return apart == null ? json.put("batches", true) : json.put("batches", false).put("why", apart);
  }
}
