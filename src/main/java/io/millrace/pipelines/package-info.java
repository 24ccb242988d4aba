/**
 * Pipelines: their definition and expressions, the engine that runs their steps with a cache, and
 * the ports Component, EffectOwner and RunTracker that later rooms supply. Commands of users run
 * behind the port Runner. Owns tables pipeline, pipeline_run, pipeline_step, run_event,
 * cache_entry. May use: base, artifacts, metadata, definitions.
 */
@NullMarked
package io.millrace.pipelines;

import org.jspecify.annotations.NullMarked;
