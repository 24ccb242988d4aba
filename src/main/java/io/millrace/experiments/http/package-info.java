/** Experiments over HTTP. */
@NullMarked
package io.millrace.experiments.http;

import org.jspecify.annotations.NullMarked;
