package io.millrace.metadata;

import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Supplier;

/** What a walk came to; its edges are put together only for who wants them. */
record Reached(LineageIds ids, Supplier<List<Lineage.Edge>> edges) {

  static Reached of(ArtifactId root, Collection<Lineage.Edge> edges) {
    var artifacts = new TreeSet<Long>();
    var executions = new TreeSet<Long>();
    artifacts.add(root.value());
    for (var edge : edges) {
      artifacts.add(edge.artifact().value());
      executions.add(edge.execution().value());
    }
    var ids =
        new LineageIds(
            root,
            artifacts.stream().map(ArtifactId::new).toList(),
            executions.stream().map(ExecutionId::new).toList(),
            edges.size());
    return new Reached(ids, () -> List.copyOf(edges));
  }
}
