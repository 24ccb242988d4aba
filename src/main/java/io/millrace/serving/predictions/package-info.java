/**
 * What the endpoints answered: written off the requests' path to segments, compacted to Parquet,
 * asked with SQL, joined with the labels that come later. Owns tables prediction_setting,
 * prediction_segment, prediction_file and feedback, and the folder {@code predictions}. May use:
 * serving, registry, models, data, metadata, base.
 */
@NullMarked
package io.millrace.serving.predictions;

import org.jspecify.annotations.NullMarked;
