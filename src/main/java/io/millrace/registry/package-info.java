/**
 * Named models, their immutable versions, the aliases that point at them, and the gate that a
 * candidate passes to replace the champion; webhooks that tell others of it. Owns tables
 * registered_model, model_version, model_alias, alias_history, webhook, webhook_event,
 * webhook_delivery. May use: evaluation, models, pipelines, metadata, artifacts, base.
 */
@NullMarked
package io.millrace.registry;

import org.jspecify.annotations.NullMarked;
