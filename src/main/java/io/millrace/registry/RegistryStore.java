package io.millrace.registry;

import io.millrace.base.Digest;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.metadata.ExecutionId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The registry's tables. */
final class RegistryStore {

  /** A model's own row and its newest number. */
  record ModelRow(ModelName name, long latest, Instant createdAt) {}

  void insertModel(Transaction tx, ModelName name, Instant at) {
    tx.update(
            "insert into registered_model (name, created_at) values (:name, :at) on conflict do nothing")
        .bind("name", name.value())
        .bind("at", at.toEpochMilli())
        .execute();
  }

  void insertVersion(Transaction tx, ModelVersion version) {
    tx.update(
            """
            insert into model_version (model, number, package, source, execution, created_at)
            values (:model, :number, :package, :source, :execution, :at)
            """)
        .bind("model", version.model().value())
        .bind("number", version.number())
        .bind("package", version.packageDigest().hex())
        .bind("source", version.source())
        .bind("execution", version.execution().value())
        .bind("at", version.createdAt().toEpochMilli())
        .execute();
  }

  long lastNumber(Snapshot s, ModelName name) {
    return s.query("select coalesce(max(number), 0) from model_version where model = :model")
        .bind("model", name.value())
        .mapTo(Long.class)
        .one();
  }

  Optional<ModelRow> findModel(Snapshot s, ModelName name) {
    return s.query(
            """
            select m.name, m.created_at, (select max(v.number) from model_version v where v.model = m.name) as latest
              from registered_model m where m.name = :name
            """)
        .bind("name", name.value())
        .map((row, _) -> modelRow(row))
        .findOne();
  }

  List<ModelRow> listModels(Snapshot s) {
    return s.query(
            """
            select m.name, m.created_at, (select max(v.number) from model_version v where v.model = m.name) as latest
              from registered_model m order by m.name
            """)
        .map((row, _) -> modelRow(row))
        .list();
  }

  Optional<ModelVersion> findVersion(Snapshot s, VersionId id) {
    return s.query("select * from model_version where model = :model and number = :number")
        .bind("model", id.model().value())
        .bind("number", id.number())
        .map((row, _) -> version(row))
        .findOne();
  }

  Optional<ModelVersion> findVersion(Snapshot s, ModelName name, Digest packageDigest) {
    return s.query("select * from model_version where model = :model and package = :package")
        .bind("model", name.value())
        .bind("package", packageDigest.hex())
        .map((row, _) -> version(row))
        .findOne();
  }

  /** The newest first. */
  List<ModelVersion> listVersions(Snapshot s, ModelName name) {
    return s.query("select * from model_version where model = :model order by number desc")
        .bind("model", name.value())
        .map((row, _) -> version(row))
        .list();
  }

  List<Digest> packages(Snapshot s) {
    return s.query("select distinct package from model_version")
        .mapTo(String.class)
        .map(Digest::new)
        .list();
  }

  Optional<Long> findAlias(Snapshot s, ModelName name, Alias alias) {
    return s.query("select number from model_alias where model = :model and alias = :alias")
        .bind("model", name.value())
        .bind("alias", alias.value())
        .mapTo(Long.class)
        .findOne();
  }

  SortedMap<Alias, Long> listAliases(Snapshot s, ModelName name) {
    return new TreeMap<>(
        s.query("select alias, number from model_alias where model = :model")
            .bind("model", name.value())
            .map((row, _) -> Map.entry(new Alias(row.getString("alias")), row.getLong("number")))
            .collectToMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  void replaceAlias(Transaction tx, ModelName name, Alias alias, long number) {
    tx.update(
            """
            insert into model_alias (model, alias, number) values (:model, :alias, :number)
            on conflict (model, alias) do update set number = excluded.number
            """)
        .bind("model", name.value())
        .bind("alias", alias.value())
        .bind("number", number)
        .execute();
  }

  void deleteAlias(Transaction tx, ModelName name, Alias alias) {
    tx.update("delete from model_alias where model = :model and alias = :alias")
        .bind("model", name.value())
        .bind("alias", alias.value())
        .execute();
  }

  void insertChange(
      Transaction tx, ModelName name, Alias alias, @Nullable Long number, Instant at) {
    tx.update(
            "insert into alias_history (model, alias, number, changed_at) values (:model, :alias, :number, :at)")
        .bind("model", name.value())
        .bind("alias", alias.value())
        .bind("number", number)
        .bind("at", at.toEpochMilli())
        .execute();
  }

  /** The oldest first. */
  List<AliasChange> listChanges(Snapshot s, ModelName name) {
    return s.query(
            "select alias, number, changed_at from alias_history where model = :model order by id")
        .bind("model", name.value())
        .map((row, _) -> change(row))
        .list();
  }

  private static ModelRow modelRow(ResultSet row) throws SQLException {
    return new ModelRow(
        new ModelName(row.getString("name")),
        row.getLong("latest"),
        Instant.ofEpochMilli(row.getLong("created_at")));
  }

  private static AliasChange change(ResultSet row) throws SQLException {
    long number = row.getLong("number");
    boolean taken = row.wasNull();
    return new AliasChange(
        new Alias(row.getString("alias")),
        taken ? null : (Long) number,
        Instant.ofEpochMilli(row.getLong("changed_at")));
  }

  private static ModelVersion version(ResultSet row) throws SQLException {
    return new ModelVersion(
        new VersionId(new ModelName(row.getString("model")), row.getLong("number")),
        new Digest(row.getString("package")),
        row.getString("source"),
        new ExecutionId(row.getLong("execution")),
        Instant.ofEpochMilli(row.getLong("created_at")));
  }
}
