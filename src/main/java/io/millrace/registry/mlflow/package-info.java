/** MLflow's REST protocol for registered models, versions, aliases and prompts. */
@NullMarked
package io.millrace.registry.mlflow;

import org.jspecify.annotations.NullMarked;
