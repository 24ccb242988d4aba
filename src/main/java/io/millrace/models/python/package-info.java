/**
 * Models of MLflow's python_function flavor, each in a Python process of its own: the process, what
 * is said to it and back, and starting it again. Owns no table. May use: models, artifacts, base.
 */
@NullMarked
package io.millrace.models.python;

import org.jspecify.annotations.NullMarked;
