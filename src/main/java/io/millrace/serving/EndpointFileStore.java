package io.millrace.serving;

import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.statement.StatementContext;

/** Table endpoint_file. */
final class EndpointFileStore {

  Optional<EndpointFile> find(Snapshot s, EndpointName name) {
    return s.query("select endpoint, project, model from endpoint_file where endpoint = :name")
        .bind("name", name.value())
        .map(EndpointFileStore::file)
        .findOne();
  }

  /** Those of a project, by name. */
  List<EndpointFile> list(Snapshot s, String project) {
    return s.query(
            """
            select endpoint, project, model from endpoint_file
             where project = :project order by endpoint
            """)
        .bind("project", project)
        .map(EndpointFileStore::file)
        .list();
  }

  void replace(Transaction tx, EndpointFile file) {
    tx.update(
            """
            insert into endpoint_file (endpoint, project, model) values (:endpoint, :project, :model)
            on conflict (endpoint) do update set project = excluded.project, model = excluded.model
            """)
        .bind("endpoint", file.endpoint().value())
        .bind("project", file.project())
        .bind("model", file.model())
        .execute();
  }

  void delete(Transaction tx, EndpointName name) {
    tx.update("delete from endpoint_file where endpoint = :name")
        .bind("name", name.value())
        .execute();
  }

  private static EndpointFile file(ResultSet row, StatementContext context) throws SQLException {
    return new EndpointFile(
        new EndpointName(row.getString("endpoint")),
        row.getString("project"),
        row.getString("model"));
  }
}
