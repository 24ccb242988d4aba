/**
 * Experiments and their runs: the parameters that went into a piece of work, the metrics that came
 * out of it, the models it logged. Owns tables experiment, experiment_tag, run, param, tag,
 * metric_key, metric_tail, metric_chunk, latest_metric, dataset_input, run_input, run_input_model,
 * run_output, logged_model and its params, tags and metrics. May use: pipelines, metadata,
 * artifacts, base.
 */
@NullMarked
package io.millrace.experiments;

import org.jspecify.annotations.NullMarked;
