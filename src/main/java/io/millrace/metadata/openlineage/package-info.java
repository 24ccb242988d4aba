/** The OpenLineage protocol: what other systems say of their jobs becomes part of the graph. */
@NullMarked
package io.millrace.metadata.openlineage;

import org.jspecify.annotations.NullMarked;
