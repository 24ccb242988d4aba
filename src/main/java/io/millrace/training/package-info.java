/**
 * Training: the components train/xgboost, train/linear and train/trivial. The work runs in a child
 * process ({@link io.millrace.training.TrainingProcess}) that leaves model files with their golden
 * rows, which are sealed here. A model is one ONNX graph from raw named columns to predictions.
 * Owns no tables. May use: base, artifacts, pipelines, data, experiments, models, evaluation.
 */
@NullMarked
package io.millrace.training;

import org.jspecify.annotations.NullMarked;
