package io.millrace.serving;

import io.millrace.base.Snapshot;
import io.millrace.models.DataType;
import io.millrace.models.Field;
import io.millrace.models.Tensor;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds features by the keys of what they are about, in the time of a request: it answers from
 * memory and waits for nobody. Immutable.
 */
public interface FeatureLookup {

  /** What is answered from, such as {@code customers/3}. */
  String version();

  /** How many keys are known. */
  long size();

  /** The keys as they are sent, in the order in which {@link #find} takes them. */
  List<Field> keys();

  /** The columns beside the keys: BYTES for texts, FP64 for numbers. */
  Map<String, DataType> columns();

  /**
   * The values of the columns for each row of the keys.
   *
   * @param keys one tensor for each key, with as many elements as there are rows
   */
  List<Values> find(List<Tensor> keys, int rows, List<String> columns);

  /** What is known of a value. */
  enum Status {
    PRESENT,
    /** The key is there, and has no value in this column. */
    NULL,
    /** There is no such key. */
    NOT_FOUND
  }

  /**
   * A column of what was found.
   *
   * @param values double[] or String[]: NaN or null where a value is not present
   * @param statuses of each value
   */
  record Values(String column, Object values, Status[] statuses) {}

  /** Opens sources of features; may take a while. */
  interface Sources {
    /**
     * @param wanted the columns that are of use, if they are there
     */
    FeatureLookup open(FeatureSource source, List<String> wanted);

    /** What {@link #open} would answer from now; null where there is none. */
    @Nullable String newest(Snapshot s, FeatureSource source);
  }
}
