package io.millrace.experiments;

/**
 * A part of a metric's history.
 *
 * @param least infinite where all its values are NaN, as is
 * @param greatest the other end
 */
public record Stretch(long firstStep, long lastStep, long points, double least, double greatest) {}
