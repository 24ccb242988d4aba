package io.millrace.pipelines;

import io.millrace.base.Digest;

/** An artifact of a known type by its content. */
public record ArtifactRef(ValueType type, Digest digest) {}
