/**
 * The one graph: artifacts as typed things, the executions that read and made them, the contexts
 * they belong to, and lineage over it. Owns tables artifact, execution, lineage_event, context,
 * context_execution, context_artifact. May use: base, artifacts.
 */
@NullMarked
package io.millrace.metadata;

import org.jspecify.annotations.NullMarked;
