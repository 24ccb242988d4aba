/** Artifacts and lineage over HTTP. */
@NullMarked
package io.millrace.metadata.http;

import org.jspecify.annotations.NullMarked;
