package io.millrace.pipelines;

/** Makes what the tests of pipelines read; the room of data answers. */
public interface Sampler {
  ArtifactRef sample(String dataset, Sample sample);
}
