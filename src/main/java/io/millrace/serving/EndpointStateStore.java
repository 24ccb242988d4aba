package io.millrace.serving;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.metadata.ExecutionId;
import io.millrace.registry.ModelName;
import io.millrace.registry.VersionId;
import java.time.Instant;
import java.util.List;

/** How endpoints shall answer, and what they shall not serve. */
final class EndpointStateStore {

  /** What was said of an endpoint's settings; nothing where there is no such endpoint. */
  ObjectNode settings(Snapshot s, EndpointName name) {
    return s.query("select settings from endpoint where name = :name")
        .bind("name", name.value())
        .mapTo(String.class)
        .findOne()
        .map(text -> (ObjectNode) Json.parse(text))
        .orElseGet(Json::object);
  }

  void settings(Transaction tx, EndpointName name, ObjectNode settings, Instant at) {
    tx.update("update endpoint set settings = :settings, changed_at = :at where name = :name")
        .bind("settings", Json.canonical(settings))
        .bind("at", at.toEpochMilli())
        .bind("name", name.value())
        .execute();
  }

  List<VersionId> withdrawn(Snapshot s, EndpointName name) {
    return s.query(
            """
            select model, version from endpoint_withdrawn where endpoint = :name
             order by withdrawn_at, model, version
            """)
        .bind("name", name.value())
        .map((row, _) ->
            new VersionId(new ModelName(row.getString("model")), row.getLong("version")))
        .list();
  }

  void withdraw(
      Transaction tx, EndpointName name, VersionId version, ExecutionId execution, Instant at) {
    tx.update(
            """
            insert into endpoint_withdrawn (endpoint, model, version, execution, withdrawn_at)
            values (:endpoint, :model, :version, :execution, :at)
            on conflict (endpoint, model, version) do nothing
            """)
        .bind("endpoint", name.value())
        .bind("model", version.model().value())
        .bind("version", version.number())
        .bind("execution", execution.value())
        .bind("at", at.toEpochMilli())
        .execute();
  }

  /** Says whether it was withdrawn. */
  boolean lift(Transaction tx, EndpointName name, VersionId version) {
    return tx.update(
                """
                delete from endpoint_withdrawn
                 where endpoint = :endpoint and model = :model and version = :version
                """)
            .bind("endpoint", name.value())
            .bind("model", version.model().value())
            .bind("version", version.number())
            .execute()
        == 1;
  }
}
