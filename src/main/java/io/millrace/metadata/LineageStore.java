package io.millrace.metadata;

import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * The graph's edges in SQL, and walks through them for graphs that are too large for LineageIndex.
 * Each walk is one recursive query whose UNION keeps the set of (artifact, depth) seen, so a cycle
 * ends and a diamond is walked once per depth, whatever the number of paths through it.
 */
final class LineageStore {

  /** The edges within depth executions of the artifact. */
  Collection<Lineage.Edge> edges(Snapshot s, ArtifactId root, Direction direction, int depth) {
    var edges = new LinkedHashSet<Lineage.Edge>();
    if (direction != Direction.DOWN) edges.addAll(edges(s, root, true, depth));
    if (direction != Direction.UP) edges.addAll(edges(s, root, false, depth));
    return edges;
  }

  private List<Lineage.Edge> edges(Snapshot s, ArtifactId root, boolean up, int depth) {
    return s.query(
            """
            with recursive reached (artifact, depth) as (
              select cast(:root as bigint), 0
              union
              select far.artifact, reached.depth + 1
                from reached
                join lineage_event near on near.artifact = reached.artifact and near.direction = :near
                join lineage_event far on far.execution = near.execution and far.direction = :far
               where reached.depth < :depth
            ),
            inner_artifact as (select distinct artifact from reached where depth < :depth),
            outer_artifact as (select distinct artifact from reached where depth > 0),
            walked as (
              select distinct near.execution
                from inner_artifact i
                join lineage_event near on near.artifact = i.artifact and near.direction = :near
            )
            select v.execution, v.artifact, v.direction, v.role
              from lineage_event v join walked w on w.execution = v.execution
             where (v.direction = :near and v.artifact in (select artifact from inner_artifact))
                or (v.direction = :far and v.artifact in (select artifact from outer_artifact))
             order by v.execution, v.direction, v.artifact, v.role
            """)
        .bind("root", root.value())
        .bind("depth", depth)
        .bind("near", (up ? Lineage.Side.OUTPUT : Lineage.Side.INPUT).name())
        .bind("far", (up ? Lineage.Side.INPUT : Lineage.Side.OUTPUT).name())
        .map((row, _) -> Rows.edge(row))
        .list();
  }

  List<Lineage.Edge> edges(Snapshot s, ExecutionId execution) {
    return s.query(
            "select execution, artifact, direction, role from lineage_event where execution = :execution order by direction, artifact, role")
        .bind("execution", execution.value())
        .map((row, _) -> Rows.edge(row))
        .list();
  }

  /** The number of the edge written last, or 0. */
  long lastSeq(Snapshot s) {
    return s.query("select coalesce(max(seq), 0) from lineage_event").mapTo(long.class).one();
  }

  /** Adds the edges whose numbers are greater. */
  void readSince(Snapshot s, long seq, EdgeColumns edges) {
    s.query(
            """
            select seq, execution, artifact, case direction when 'OUTPUT' then 1 else 0 end, role
              from lineage_event where seq > :seq order by seq
            """)
        .bind("seq", seq)
        .scanResultSet((rows, _) -> {
          var row = rows.get();
          while (row.next())
            edges.add(
                row.getInt(1), row.getInt(2), row.getInt(3), row.getInt(4) == 1, row.getString(5));
          return true;
        });
  }

  /** By id. */
  List<Artifact> artifacts(Snapshot s, Collection<ArtifactId> ids) {
    return s.query(
            "select "
                + Rows.ARTIFACT_COLUMNS
                + " from artifact a where a.id in (select value from json_each(:ids)) order by a.id")
        .bind("ids", Json.write(ids))
        .map((row, _) -> Rows.artifact(row))
        .list();
  }

  /** By id. */
  List<Execution> executions(Snapshot s, Collection<ExecutionId> ids) {
    return s.query(
            "select "
                + Rows.EXECUTION_COLUMNS
                + " from execution e where e.id in (select value from json_each(:ids)) order by e.id")
        .bind("ids", Json.write(ids))
        .map((row, _) -> Rows.execution(row))
        .list();
  }
}
