/**
 * Explanations of answers, with the request or later by the prediction's id. Owns no table: what is
 * explained is in the prediction log, by what in the model's package.
 */
@NullMarked
package io.millrace.serving.explanations;

import org.jspecify.annotations.NullMarked;
