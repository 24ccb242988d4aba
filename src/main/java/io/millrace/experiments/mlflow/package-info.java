/**
 * MLflow's REST protocol for experiments, runs, logged models and artifacts; its requests, errors
 * and answers are shared with the registry's half of the protocol.
 */
@NullMarked
package io.millrace.experiments.mlflow;

import org.jspecify.annotations.NullMarked;
