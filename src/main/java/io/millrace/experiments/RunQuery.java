package io.millrace.experiments;

import java.util.List;

/**
 * A search for runs.
 *
 * @param experiments their ids; all of them where it is empty
 * @param limit the most runs of a page
 * @param offset how many come before the page
 */
public record RunQuery(
    List<Long> experiments,
    List<Comparison> filter,
    List<FilterParser.Order> order,
    View view,
    int limit,
    long offset) {

  /** Which of the deleted ones are shown. */
  public enum View {
    ACTIVE_ONLY,
    DELETED_ONLY,
    ALL
  }
}
