package io.millrace.experiments.http;

import io.millrace.base.InvalidInput;
import java.util.LinkedHashSet;
import java.util.Set;

/** Reads which parameters, metrics and tags somebody wants to see. */
final class Columns {
  private Columns() {}

  /** The names in a list such as {@code metrics.auc,params.eta}, in its order. */
  static Set<String> of(String list) {
    var columns = new LinkedHashSet<String>();
    for (var one : list.split(",")) {
      var name = one.strip();
      if (!name.matches("(?s)(params|metrics|tags)\\..+"))
        throw new InvalidInput(
            "columns", name, "names such as metrics.auc, params.eta or tags.team, with commas");
      columns.add(name);
    }
    return columns;
  }
}
