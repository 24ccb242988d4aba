/**
 * Answers to all rows of a dataset, by the package and the code that answer requests. Owns no
 * table: a scoring is a run of a pipeline, its answers are a dataset.
 */
@NullMarked
package io.millrace.serving.scoring;

import org.jspecify.annotations.NullMarked;
