/** Metrics and reports over HTTP. */
@NullMarked
package io.millrace.evaluation.http;

import org.jspecify.annotations.NullMarked;
