package io.millrace.training;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A model that was fitted and converted.
 *
 * @param onnx the file, from raw named columns to predictions
 * @param answers the trainer's own answers to every row of the examples, never the converted
 *     model's
 * @param parameters what it was fitted with, chosen or given
 * @param validation its metrics on the validation rows, fitted on the other rows with the same
 *     parameters
 */
record Fitted(byte[] onnx, float[][] answers, ObjectNode parameters, ObjectNode validation) {}
