/**
 * Named models, their immutable versions, the aliases that point at them, and the gate that a
 * candidate passes to replace the champion. Owns tables registered_model, model_version,
 * model_alias, alias_history. May use: evaluation, models, pipelines, metadata, artifacts, base.
 */
@NullMarked
package io.millrace.registry;

import org.jspecify.annotations.NullMarked;
