package io.millrace.metadata;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The graph's nodes and edges in SQL. */
final class GraphStore {

  Optional<Artifact> find(Snapshot s, ArtifactType type, @Nullable Digest digest, String name) {
    return s.query(
            "select "
                + Rows.ARTIFACT_COLUMNS
                + """
                 from artifact a
                 where a.type = :type and a.name = :name and coalesce(a.digest, '') = :digest
                """)
        .bind("type", type.name())
        .bind("name", name)
        .bind("digest", digest == null ? "" : digest.hex())
        .map((row, _) -> Rows.artifact(row))
        .findOne();
  }

  Optional<Artifact> find(Snapshot s, ArtifactId id) {
    return s.query("select " + Rows.ARTIFACT_COLUMNS + " from artifact a where a.id = :id")
        .bind("id", id.value())
        .map((row, _) -> Rows.artifact(row))
        .findOne();
  }

  /** Oldest first. */
  List<Artifact> list(Snapshot s, Digest digest) {
    return s.query(
            "select "
                + Rows.ARTIFACT_COLUMNS
                + " from artifact a where a.digest = :digest order by a.id")
        .bind("digest", digest.hex())
        .map((row, _) -> Rows.artifact(row))
        .list();
  }

  /** Newest first. */
  List<Artifact> list(Snapshot s, String name) {
    return s.query(
            "select "
                + Rows.ARTIFACT_COLUMNS
                + " from artifact a where a.name = :name order by a.id desc")
        .bind("name", name)
        .map((row, _) -> Rows.artifact(row))
        .list();
  }

  Optional<Artifact> newest(Snapshot s, ArtifactType type, String name) {
    return s.query(
            "select "
                + Rows.ARTIFACT_COLUMNS
                + """
                 from artifact a where a.type = :type and a.name = :name order by a.id desc limit 1
                """)
        .bind("type", type.name())
        .bind("name", name)
        .map((row, _) -> Rows.artifact(row))
        .findOne();
  }

  /** The first distinct digests that start so. 'g' sorts after every hexadecimal digit. */
  List<Digest> digestsStarting(Snapshot s, String prefix, int most) {
    return s.query(
            """
            select distinct digest from artifact where digest >= :prefix and digest < :end order by digest limit :most
            """)
        .bind("prefix", prefix)
        .bind("end", prefix + "g")
        .bind("most", most)
        .map((row, _) -> new Digest(row.getString(1)))
        .list();
  }

  List<Digest> digestsOf(Snapshot s, List<ArtifactType> types) {
    return s.query(
            "select distinct digest from artifact where digest is not null and type in (<types>)")
        .bindList("types", types.stream().map(ArtifactType::name).toList())
        .map((row, _) -> new Digest(row.getString(1)))
        .list();
  }

  ArtifactId insert(
      Transaction tx,
      ArtifactType type,
      @Nullable Digest digest,
      String name,
      JsonNode properties,
      Instant now) {
    long id =
        tx.query(
                """
                insert into artifact (type, digest, name, properties, created_at)
                values (:type, :digest, :name, :properties, :now) returning id
                """)
            .bind("type", type.name())
            .bind("digest", digest == null ? null : digest.hex())
            .bind("name", name)
            .bind("properties", Json.canonical(properties))
            .bind("now", now.toEpochMilli())
            .mapTo(long.class)
            .one();
    return new ArtifactId(id);
  }

  ExecutionId insert(Transaction tx, String kind, String name, JsonNode properties, Instant now) {
    long id =
        tx.query(
                """
                insert into execution (kind, name, state, properties, started_at)
                values (:kind, :name, :state, :properties, :now) returning id
                """)
            .bind("kind", kind)
            .bind("name", name)
            .bind("state", ExecutionState.RUNNING.name())
            .bind("properties", Json.canonical(properties))
            .bind("now", now.toEpochMilli())
            .mapTo(long.class)
            .one();
    return new ExecutionId(id);
  }

  Optional<Execution> find(Snapshot s, ExecutionId id) {
    return s.query("select " + Rows.EXECUTION_COLUMNS + " from execution e where e.id = :id")
        .bind("id", id.value())
        .map((row, _) -> Rows.execution(row))
        .findOne();
  }

  /** Ends a running execution whose properties stay; says whether it was running. */
  boolean replaceState(Transaction tx, ExecutionId id, ExecutionState state, Instant now) {
    return tx.update(
                """
                update execution set state = :state, ended_at = :now where id = :id and state = :running
                """)
            .bind("state", state.name())
            .bind("now", now.toEpochMilli())
            .bind("id", id.value())
            .bind("running", ExecutionState.RUNNING.name())
            .execute()
        == 1;
  }

  /** Ends a running execution; says whether it was running. */
  boolean replaceState(
      Transaction tx, ExecutionId id, ExecutionState state, ObjectNode properties, Instant now) {
    return tx.update(
                """
                update execution set state = :state, properties = :properties, ended_at = :now
                 where id = :id and state = :running
                """)
            .bind("state", state.name())
            .bind("properties", Json.canonical(properties))
            .bind("now", now.toEpochMilli())
            .bind("id", id.value())
            .bind("running", ExecutionState.RUNNING.name())
            .execute()
        == 1;
  }

  void insertEvent(
      Transaction tx,
      ExecutionId execution,
      ArtifactId artifact,
      Lineage.Side side,
      String role,
      Instant now) {
    tx.update(
            """
            insert into lineage_event (execution, artifact, direction, role, at)
            values (:execution, :artifact, :direction, :role, :now) on conflict do nothing
            """)
        .bind("execution", execution.value())
        .bind("artifact", artifact.value())
        .bind("direction", side.name())
        .bind("role", role)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  ContextId findOrInsert(Transaction tx, String kind, String name, Instant now) {
    return findContext(tx, kind, name).orElseGet(() -> insertContext(tx, kind, name, now));
  }

  private Optional<ContextId> findContext(Snapshot s, String kind, String name) {
    return s.query("select id from context where kind = :kind and name = :name")
        .bind("kind", kind)
        .bind("name", name)
        .map((row, _) -> new ContextId(row.getLong(1)))
        .findOne();
  }

  private ContextId insertContext(Transaction tx, String kind, String name, Instant now) {
    return tx.query(
            "insert into context (kind, name, created_at) values (:kind, :name, :now) returning id")
        .bind("kind", kind)
        .bind("name", name)
        .bind("now", now.toEpochMilli())
        .map((row, _) -> new ContextId(row.getLong(1)))
        .one();
  }

  void attach(Transaction tx, ContextId context, ExecutionId execution) {
    tx.update(
            "insert into context_execution (context, execution) values (:context, :execution) on conflict do nothing")
        .bind("context", context.value())
        .bind("execution", execution.value())
        .execute();
  }

  void attach(Transaction tx, ContextId context, ArtifactId artifact) {
    tx.update(
            "insert into context_artifact (context, artifact) values (:context, :artifact) on conflict do nothing")
        .bind("context", context.value())
        .bind("artifact", artifact.value())
        .execute();
  }

  /** In the order they began. */
  List<Execution> executions(Snapshot s, String kind, String name) {
    return s.query(
            "select "
                + Rows.EXECUTION_COLUMNS
                + """
                 from execution e join context_execution ce on ce.execution = e.id join context c on c.id = ce.context
                 where c.kind = :kind and c.name = :name order by e.id
                """)
        .bind("kind", kind)
        .bind("name", name)
        .map((row, _) -> Rows.execution(row))
        .list();
  }

  /** What executions of a context made, the last made first. */
  List<Metadata.Made> made(Snapshot s, String kind, String name, ArtifactType type) {
    return s.query(
            "select e.name as execution_name, "
                + Rows.ARTIFACT_COLUMNS
                + """
                 from context c join context_execution ce on ce.context = c.id
                 join execution e on e.id = ce.execution
                 join lineage_event v on v.execution = e.id and v.direction = 'OUTPUT'
                 join artifact a on a.id = v.artifact and a.type = :type
                where c.kind = :kind and c.name = :name order by e.id desc
                """)
        .bind("kind", kind)
        .bind("name", name)
        .bind("type", type.name())
        .map((row, _) -> new Metadata.Made(row.getString("execution_name"), Rows.artifact(row)))
        .list();
  }
}
