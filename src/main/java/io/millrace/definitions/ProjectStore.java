package io.millrace.definitions;

import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Tables project and project_file. */
final class ProjectStore {
  Optional<Project> find(Snapshot s, String name) {
    return s.query("select name, definition from project where name = :name")
        .bind("name", name)
        .map((rs, _) -> new Project(rs.getString("name"), Json.parse(rs.getString("definition"))))
        .findOne();
  }

  List<Project> list(Snapshot s) {
    return s.query("select name, definition from project order by name")
        .map((rs, _) -> new Project(rs.getString("name"), Json.parse(rs.getString("definition"))))
        .list();
  }

  void replace(Transaction tx, Project project, Instant now) {
    tx.update(
            """
            insert into project (name, definition, applied_at) values (:name, :definition, :now)
            on conflict (name) do update set definition = excluded.definition, applied_at = excluded.applied_at
            """)
        .bind("name", project.name())
        .bind("definition", Json.canonical(project.definition()))
        .bind("now", now.toEpochMilli())
        .execute();
  }

  SortedMap<String, String> texts(Snapshot s, String project) {
    var texts = new TreeMap<String, String>();
    s.query("select path, text from project_file where project = :project")
        .bind("project", project)
        .map((rs, _) -> Map.entry(rs.getString("path"), rs.getString("text")))
        .forEach(file -> texts.put(file.getKey(), file.getValue()));
    return texts;
  }

  Optional<String> text(Snapshot s, Digest digest) {
    return s.query("select text from project_file where digest = :digest limit 1")
        .bind("digest", digest.hex())
        .mapTo(String.class)
        .findOne();
  }

  void replaceTexts(Transaction tx, String project, Map<String, String> texts) {
    tx.update("delete from project_file where project = :project")
        .bind("project", project)
        .execute();
    if (texts.isEmpty()) return;
    var batch =
        tx.batch(
            "insert into project_file (project, path, digest, text) values (:project, :path, :digest, :text)");
    texts.forEach((path, text) ->
        batch
            .bind("project", project)
            .bind("path", path)
            .bind("digest", Digest.of(text).hex())
            .bind("text", text)
            .add());
    batch.execute();
  }
}
