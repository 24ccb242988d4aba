/**
 * Experiments and their runs: the parameters that went into a piece of work and the metrics that
 * came out of it. Owns tables experiment, run, param, metric, latest_metric. May use: pipelines,
 * base.
 */
@NullMarked
package io.millrace.experiments;

import org.jspecify.annotations.NullMarked;
