/** The OpenLineage protocol: other systems are told of our runs. */
@NullMarked
package io.millrace.pipelines.openlineage;

import org.jspecify.annotations.NullMarked;
