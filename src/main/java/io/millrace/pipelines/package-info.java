/**
 * Pipelines: their definition and expressions, the engine that runs their steps with a cache, and
 * the ports Component, EffectOwner and RunTracker that later rooms supply. Owns tables pipeline,
 * pipeline_run, pipeline_step, step_attempt, run_text, run_files, run_event, cache_entry. May use:
 * base, artifacts, metadata, definitions.
 */
@NullMarked
package io.millrace.pipelines;

import org.jspecify.annotations.NullMarked;
