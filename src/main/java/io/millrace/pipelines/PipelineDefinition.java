package io.millrace.pipelines;

import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline as its file says. Steps are in the order of the file.
 *
 * @param concurrency null where its runs do not exclude each other
 */
record PipelineDefinition(
    String name,
    String path,
    SequencedMap<String, Param> params,
    SequencedMap<String, StepDefinition> steps,
    List<Trigger> triggers,
    @Nullable Concurrency concurrency,
    @Nullable TestDefinition test) {}
