package io.millrace.experiments;

/**
 * What is known of a metric of a run without reading its history.
 *
 * @param points how many values came, those that came twice counted twice
 * @param least infinite where all values are NaN, as is
 * @param greatest the other end
 */
public record MetricSummary(Metric latest, long points, double least, double greatest) {}
