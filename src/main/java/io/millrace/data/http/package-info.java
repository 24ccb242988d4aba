/** Datasets, statistics and queries over HTTP. */
@NullMarked
package io.millrace.data.http;

import org.jspecify.annotations.NullMarked;
