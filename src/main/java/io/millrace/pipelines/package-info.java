/**
 * Pipelines: their definition and expressions, the engine that runs their steps with a cache, the
 * triggers that start runs, what looks back (Explanations, Reproductions) and ahead (Plans), and
 * the ports Component, EffectOwner, RunTracker, SearchAlgorithm, ChangingData and ModelUsers that
 * later rooms supply. Commands of users run behind the port Runner. Owns tables pipeline,
 * pipeline_run, pipeline_step, run_event, cache_entry, pipeline_trigger, trigger_cursor,
 * trigger_firing. May use: base, artifacts, metadata, governance, definitions.
 */
@NullMarked
package io.millrace.pipelines;

import org.jspecify.annotations.NullMarked;
