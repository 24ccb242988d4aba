package io.millrace.serving;

import io.millrace.base.Digest;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.metadata.ExecutionId;
import io.millrace.registry.ModelName;
import io.millrace.registry.ModelVersion;
import io.millrace.registry.VersionId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.statement.StatementContext;

/** The tables of this room. */
final class EndpointStore {

  /** What the endpoints serve, by name. */
  List<Deployment> list(Snapshot s) {
    return s.query(
            """
            select d.id, d.endpoint, d.model, d.version, d.package, d.deployed_at
              from endpoint e join endpoint_deployment d on d.id = e.deployment
             order by e.name
            """)
        .map(EndpointStore::deployment)
        .list();
  }

  /** What the endpoints without a deployment served last, by name. */
  List<Deployment> retired(Snapshot s) {
    return s.query(
            """
            select d.id, d.endpoint, d.model, d.version, d.package, d.deployed_at
              from endpoint e
              join endpoint_deployment d
                on d.id = (select max(id) from endpoint_deployment where endpoint = e.name)
             where e.deployment is null
             order by e.name
            """)
        .map(EndpointStore::deployment)
        .list();
  }

  Optional<Deployment> find(Snapshot s, EndpointName name) {
    return s.query(
            """
            select d.id, d.endpoint, d.model, d.version, d.package, d.deployed_at
              from endpoint e join endpoint_deployment d on d.id = e.deployment
             where e.name = :name
            """)
        .bind("name", name.value())
        .map(EndpointStore::deployment)
        .findOne();
  }

  /** All that an endpoint of this name ever served, the newest first. */
  List<Deployment> history(Snapshot s, EndpointName name) {
    return s.query(
            """
            select id, endpoint, model, version, package, deployed_at
              from endpoint_deployment where endpoint = :name order by id desc
            """)
        .bind("name", name.value())
        .map(EndpointStore::deployment)
        .list();
  }

  /** What any endpoint ever served. */
  List<Digest> packages(Snapshot s) {
    return s.query("select distinct package from endpoint_deployment")
        .mapTo(String.class)
        .map(Digest::new)
        .list();
  }

  /** Makes the endpoint if it does not exist, and points it at the version. */
  Deployment insert(
      Transaction tx, EndpointName name, ModelVersion version, ExecutionId execution, Instant at) {
    insert(tx, name, at);
    long id =
        tx.query(
                """
                insert into endpoint_deployment (endpoint, model, version, package, execution, deployed_at)
                values (:endpoint, :model, :version, :package, :execution, :at) returning id
                """)
            .bind("endpoint", name.value())
            .bind("model", version.model().value())
            .bind("version", version.number())
            .bind("package", version.served().hex())
            .bind("execution", execution.value())
            .bind("at", at.toEpochMilli())
            .mapTo(Long.class)
            .one();
    point(tx, name, at, id);
    return new Deployment(
        id, name, version.id(), version.served(), Instant.ofEpochMilli(at.toEpochMilli()));
  }

  /** Makes the endpoint if it does not exist; it serves nothing yet. */
  void insert(Transaction tx, EndpointName name, Instant at) {
    tx.update(
            """
            insert into endpoint (name, deployment, changed_at) values (:name, null, :at)
            on conflict (name) do nothing
            """)
        .bind("name", name.value())
        .bind("at", at.toEpochMilli())
        .execute();
  }

  private static void point(Transaction tx, EndpointName name, Instant at, long deployment) {
    tx.update("update endpoint set deployment = :deployment, changed_at = :at where name = :name")
        .bind("deployment", deployment)
        .bind("at", at.toEpochMilli())
        .bind("name", name.value())
        .execute();
  }

  /** Leaves the history. */
  void delete(Transaction tx, EndpointName name, Instant at) {
    tx.update("update endpoint set deployment = null, changed_at = :at where name = :name")
        .bind("at", at.toEpochMilli())
        .bind("name", name.value())
        .execute();
  }

  private static Deployment deployment(ResultSet row, StatementContext context)
      throws SQLException {
    return new Deployment(
        row.getLong("id"),
        new EndpointName(row.getString("endpoint")),
        new VersionId(new ModelName(row.getString("model")), row.getLong("version")),
        new Digest(row.getString("package")),
        Instant.ofEpochMilli(row.getLong("deployed_at")));
  }
}
