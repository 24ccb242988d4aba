package io.millrace.pipelines;

import io.millrace.base.Digest;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.statement.StatementContext;

/** Table pipeline: the text of each, as it was applied last. */
final class PipelineStore {
  record Row(String name, String project, String path, String digest, String text) {}

  Optional<Row> find(Snapshot s, String name) {
    return s.query("select name, project, path, digest, text from pipeline where name = :name")
        .bind("name", name)
        .map(PipelineStore::row)
        .findOne();
  }

  List<Row> list(Snapshot s) {
    return s.query("select name, project, path, digest, text from pipeline order by name")
        .map(PipelineStore::row)
        .list();
  }

  List<Row> list(Snapshot s, String project) {
    return s.query(
            "select name, project, path, digest, text from pipeline where project = :project order by name")
        .bind("project", project)
        .map(PipelineStore::row)
        .list();
  }

  void replace(Transaction tx, String name, String project, String path, String text, Instant now) {
    tx.update(
            """
            insert into pipeline (name, project, path, digest, text, changed_at) values (:name, :project, :path, :digest, :text, :now)
            on conflict (name) do update
              set project = excluded.project, path = excluded.path, digest = excluded.digest, text = excluded.text, changed_at = excluded.changed_at
            """)
        .bind("name", name)
        .bind("project", project)
        .bind("path", path)
        .bind("digest", Digest.of(text).hex())
        .bind("text", text)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  void delete(Transaction tx, String name) {
    tx.update("delete from pipeline where name = :name").bind("name", name).execute();
  }

  private static Row row(java.sql.ResultSet rs, StatementContext context)
      throws java.sql.SQLException {
    return new Row(
        rs.getString("name"),
        rs.getString("project"),
        rs.getString("path"),
        rs.getString("digest"),
        rs.getString("text"));
  }
}
