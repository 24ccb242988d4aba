/**
 * How good a model is: metric functions, bootstrap intervals, slices, reports, paired comparison.
 * Owns no table; reports are blobs. May use: models, data, pipelines, artifacts, base.
 */
@NullMarked
package io.millrace.evaluation;

import org.jspecify.annotations.NullMarked;
