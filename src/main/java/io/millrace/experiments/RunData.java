package io.millrace.experiments;

import java.util.List;
import java.util.SortedMap;

/** What a run noted: the last value of each metric, and all the rest. */
public record RunData(
    Run run,
    SortedMap<String, String> params,
    SortedMap<String, String> tags,
    List<Metric> metrics,
    List<DatasetInput> datasets,
    List<ModelRef> inputs,
    List<ModelRef> outputs) {

  /** A logged model that the run read or made. */
  public record ModelRef(String id, long step) {}
}
