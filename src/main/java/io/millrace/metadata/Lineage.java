package io.millrace.metadata;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Locale;

/**
 * A part of the graph around one artifact.
 *
 * @param root the artifact it was asked for
 * @param artifacts with the root, by id
 * @param executions by id
 */
public record Lineage(
    ArtifactId root, List<Artifact> artifacts, List<Execution> executions, List<Edge> edges) {
  /** That an execution read or made an artifact, and as what. */
  public record Edge(ExecutionId execution, ArtifactId artifact, Side direction, String role) {}

  /** Which side of the execution the artifact stands on. */
  public enum Side {
    INPUT,
    OUTPUT;

    @JsonValue
    public String json() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public Lineage {
    artifacts = List.copyOf(artifacts);
    executions = List.copyOf(executions);
    edges = List.copyOf(edges);
  }
}
