/**
 * What a model is here: the sealed package with its signature, reference statistics, golden rows
 * and lock, ONNX graphs, and the sessions and processes that answer. Owns no table. May use:
 * artifacts, base.
 */
@NullMarked
package io.millrace.models;

import org.jspecify.annotations.NullMarked;
