/** Pipelines and runs over HTTP. */
@NullMarked
package io.millrace.pipelines.http;

import org.jspecify.annotations.NullMarked;
