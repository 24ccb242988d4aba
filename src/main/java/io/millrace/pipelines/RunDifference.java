package io.millrace.pipelines;

import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What differs between two pipeline runs; empty lists where nothing does. */
public record RunDifference(String a, String b, List<Entry> differences) {
  public RunDifference {
    differences = List.copyOf(differences);
  }

  /**
   * @param step empty for what is of the whole run
   * @param a null where it is not there
   * @param b null where it is not there
   */
  public record Entry(
      Area area, String step, String name, @Nullable JsonNode a, @Nullable JsonNode b) {}

  /** What kind of thing differs. */
  public enum Area {
    /** Parameters of the run. */
    PARAM,
    /** Dataset versions that steps read, and data that they made: splits and the like. */
    DATA,
    /** The pipeline's text, components, the program, files. */
    CODE,
    /** What else went into a step's key: values, input artifacts, the champion. */
    KEY,
    /** Steps that one of them lacks, and what steps came to. */
    STEP,
    /** Artifacts that are no data: models, reports. */
    OUTPUT,
    /** Metrics of reports. */
    METRIC;

    @JsonValue
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
