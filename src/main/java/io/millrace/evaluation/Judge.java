package io.millrace.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import java.util.SortedMap;

/** What turned out for some rows, and how answers to them are judged. */
sealed interface Judge permits BinaryJudge, MulticlassJudge, RegressionJudge {
  int rows();

  /** Refuses answers that cannot be judged. */
  void check(Scores scores, String model);

  /** Every metric by name. */
  ObjectNode metrics(Scores scores);

  /** The metrics that get intervals and are compared. */
  SortedMap<String, Statistic> statistics(Scores scores);

  /** Adds curves and tables to a report. */
  void describe(Scores scores, ObjectNode report);

  /** The one of statistics that slices show. */
  String sliceMetric();

  /** The same for some of the rows, in that order. */
  Judge of(int[] rows);

  /** Puts a number; JSON has none for NaN and the infinities, which become null. */
  static void put(ObjectNode json, String name, double value) {
    if (Double.isFinite(value)) json.put(name, value);
    else json.putNull(name);
  }

  /**
   * Counts of values between edges, the last one included; what lies outside is counted in the
   * first and the last.
   */
  static ObjectNode histogram(double[] edges) {
    var json = Json.object();
    var array = json.putArray("edges");
    for (double edge : edges) array.add(edge);
    return json;
  }
}
