/**
 * Which inputs an answer owes to what: Shapley values of a model's inputs against reference rows,
 * exact for trees, drawn for all else.
 */
@NullMarked
package io.millrace.models.explanations;

import org.jspecify.annotations.NullMarked;
