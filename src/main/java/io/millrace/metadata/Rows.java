package io.millrace.metadata;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Reads rows of this room's tables. */
final class Rows {
  private Rows() {}

  static final String ARTIFACT_COLUMNS =
      "a.id, a.type, a.digest, a.name, a.properties, a.created_at";
  static final String EXECUTION_COLUMNS =
      "e.id, e.kind, e.name, e.state, e.properties, e.started_at, e.ended_at";

  static Artifact artifact(ResultSet row) throws SQLException {
    @Nullable String digest = row.getString("digest");
    return new Artifact(
        new ArtifactId(row.getLong("id")),
        ArtifactType.valueOf(row.getString("type")),
        digest == null ? null : new Digest(digest),
        row.getString("name"),
        properties(row),
        Instant.ofEpochMilli(row.getLong("created_at")));
  }

  static Execution execution(ResultSet row) throws SQLException {
    long ended = row.getLong("ended_at");
    boolean running = row.wasNull();
    return new Execution(
        new ExecutionId(row.getLong("id")),
        row.getString("kind"),
        row.getString("name"),
        ExecutionState.valueOf(row.getString("state")),
        properties(row),
        Instant.ofEpochMilli(row.getLong("started_at")),
        running ? null : Instant.ofEpochMilli(ended));
  }

  static Lineage.Edge edge(ResultSet row) throws SQLException {
    return new Lineage.Edge(
        new ExecutionId(row.getLong("execution")),
        new ArtifactId(row.getLong("artifact")),
        Lineage.Side.valueOf(row.getString("direction")),
        row.getString("role"));
  }

  /** Most have none. */
  private static JsonNode properties(ResultSet row) throws SQLException {
    var text = row.getString("properties");
    return text.equals("{}") ? Json.object() : Json.parse(text);
  }
}
