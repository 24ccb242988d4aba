package io.millrace.metadata;

import java.util.List;

/**
 * A part of the graph around one artifact, by its numbers alone.
 *
 * @param root the artifact it was asked for
 * @param artifacts with the root, in their order
 * @param executions in their order
 * @param edges how many lie between them
 */
public record LineageIds(
    ArtifactId root, List<ArtifactId> artifacts, List<ExecutionId> executions, int edges) {
  public LineageIds {
    artifacts = List.copyOf(artifacts);
    executions = List.copyOf(executions);
  }
}
