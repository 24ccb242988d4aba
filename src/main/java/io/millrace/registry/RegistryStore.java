package io.millrace.registry;

import io.millrace.base.Digest;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.metadata.ExecutionId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The registry's tables. */
final class RegistryStore {
  private static final String MODELS =
      """
      select m.*, (select max(v.number) from model_version v where v.model = m.name and v.deleted_at is null) as latest
        from registered_model m
      """;
  private static final String VERSIONS = "select v.* from model_version v ";

  /** Makes the model if it is not there; says whether it was made. */
  boolean insertModel(Transaction tx, ModelName name, String description, Instant at) {
    return tx.update(
                """
                insert into registered_model (name, description, created_at, updated_at)
                values (:name, :description, :at, :at) on conflict do nothing
                """)
            .bind("name", name.value())
            .bind("description", description)
            .bind("at", at.toEpochMilli())
            .execute()
        == 1;
  }

  void insertVersion(Transaction tx, ModelVersion version, String user) {
    var card = version.card();
    tx.update(
            """
            insert into model_version (model, number, package, files, source, uri, storage, run, logged_model, description,
                                       user_id, execution, created_at, updated_at)
            values (:model, :number, :package, :files, :source, :uri, :storage, :run, :logged_model, :description,
                    :user, :execution, :at, :at)
            """)
        .bind("model", version.model().value())
        .bind("number", version.number())
        .bind("package", version.sealed() == null ? null : version.sealed().hex())
        .bind("files", version.files() == null ? null : version.files().hex())
        .bind("source", version.source())
        .bind("uri", card.uri())
        .bind("storage", card.storage())
        .bind("run", card.run())
        .bind("logged_model", card.loggedModel())
        .bind("description", card.description())
        .bind("user", user)
        .bind("execution", version.execution().value())
        .bind("at", version.createdAt().toEpochMilli())
        .execute();
    replaceTags(tx, version.id(), card.tags());
  }

  /** The greatest number ever given, deleted versions counted. */
  long lastNumber(Snapshot s, ModelName name) {
    return s.query("select coalesce(max(number), 0) from model_version where model = :model")
        .bind("model", name.value())
        .mapTo(Long.class)
        .one();
  }

  /** Whether a version has or had that number. */
  boolean isTaken(Snapshot s, VersionId id) {
    return s.query("select count(*) from model_version where model = :model and number = :number")
            .bind("model", id.model().value())
            .bind("number", id.number())
            .mapTo(Long.class)
            .one()
        > 0;
  }

  Optional<RegisteredModel> findModel(Snapshot s, ModelName name) {
    return s.query(MODELS + " where m.name = :name")
        .bind("name", name.value())
        .map((row, _) -> model(row))
        .findOne()
        .map(model -> filled(s, model));
  }

  List<RegisteredModel> listModels(Snapshot s, String end, Map<String, ?> binds) {
    return s.query(MODELS + end).bindMap(binds).map((row, _) -> model(row)).list().stream()
        .map(model -> filled(s, model))
        .toList();
  }

  private RegisteredModel filled(Snapshot s, RegisteredModel model) {
    return new RegisteredModel(
        model.name(),
        model.description(),
        model.latest(),
        listAliases(s, model.name()),
        tags(s, model.name()),
        model.createdAt(),
        model.updatedAt());
  }

  private static SortedMap<String, String> tags(Snapshot s, ModelName name) {
    return new TreeMap<>(
        s.query("select key, value from registered_model_tag where model = :model")
            .bind("model", name.value())
            .map((row, _) -> Map.entry(row.getString(1), row.getString(2)))
            .collectToMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  void replaceName(Transaction tx, ModelName name, ModelName to, Instant at) {
    tx.update("update registered_model set name = :to, updated_at = :at where name = :name")
        .bind("name", name.value())
        .bind("to", to.value())
        .bind("at", at.toEpochMilli())
        .execute();
  }

  void replaceDescription(Transaction tx, ModelName name, String description, Instant at) {
    tx.update(
            "update registered_model set description = :description, updated_at = :at where name = :name")
        .bind("name", name.value())
        .bind("description", description)
        .bind("at", at.toEpochMilli())
        .execute();
  }

  void touch(Transaction tx, ModelName name, Instant at) {
    tx.update("update registered_model set updated_at = :at where name = :name")
        .bind("name", name.value())
        .bind("at", at.toEpochMilli())
        .execute();
  }

  void deleteModel(Transaction tx, ModelName name) {
    tx.update("delete from registered_model where name = :name")
        .bind("name", name.value())
        .execute();
  }

  void replaceTags(Transaction tx, ModelName name, Map<String, String> tags) {
    tags.forEach((key, value) ->
        tx.update(
                """
                insert into registered_model_tag (model, key, value) values (:model, :key, :value)
                on conflict (model, key) do update set value = excluded.value
                """)
            .bind("model", name.value())
            .bind("key", key)
            .bind("value", value)
            .execute());
  }

  void deleteTag(Transaction tx, ModelName name, String key) {
    tx.update("delete from registered_model_tag where model = :model and key = :key")
        .bind("model", name.value())
        .bind("key", key)
        .execute();
  }

  void replaceTags(Transaction tx, VersionId id, Map<String, String> tags) {
    tags.forEach((key, value) ->
        tx.update(
                """
                insert into model_version_tag (model, number, key, value) values (:model, :number, :key, :value)
                on conflict (model, number, key) do update set value = excluded.value
                """)
            .bind("model", id.model().value())
            .bind("number", id.number())
            .bind("key", key)
            .bind("value", value)
            .execute());
  }

  void deleteTag(Transaction tx, VersionId id, String key) {
    tx.update(
            "delete from model_version_tag where model = :model and number = :number and key = :key")
        .bind("model", id.model().value())
        .bind("number", id.number())
        .bind("key", key)
        .execute();
  }

  Optional<ModelVersion> findVersion(Snapshot s, VersionId id) {
    return versions(
            s,
            "where v.model = :model and v.number = :number and v.deleted_at is null",
            Map.of("model", id.model().value(), "number", id.number()))
        .stream()
        .findFirst();
  }

  Optional<ModelVersion> findVersion(Snapshot s, ModelName name, Digest packageDigest) {
    return versions(
            s,
            "where v.model = :model and coalesce(v.package, v.files) = :package and v.deleted_at is null order by v.number limit 1",
            Map.of("model", name.value(), "package", packageDigest.hex()))
        .stream()
        .findFirst();
  }

  /** The newest first. */
  List<ModelVersion> listVersions(Snapshot s, ModelName name) {
    return versions(
        s,
        "where v.model = :model and v.deleted_at is null order by v.number desc",
        Map.of("model", name.value()));
  }

  /** Those that run made. */
  List<ModelVersion> listVersionsOfRun(Snapshot s, String run) {
    return versions(s, "where v.run = :run and v.deleted_at is null", Map.of("run", run));
  }

  List<ModelVersion> versions(Snapshot s, String end, Map<String, ?> binds) {
    var found = s.query(VERSIONS + end).bindMap(binds).map((row, _) -> version(row)).list();
    return found.size() == 1
        ? List.of(withTags(found.getFirst(), tags(s, found.getFirst().id())))
        : withTags(s, found);
  }

  private static List<ModelVersion> withTags(Snapshot s, List<ModelVersion> versions) {
    var models = versions.stream().map(v -> v.model().value()).distinct().toList();
    var tags = new HashMap<String, SortedMap<String, String>>();
    for (var model : models) {
      s.query("select number, key, value from model_version_tag where model = :model")
          .bind("model", model)
          .map((row, _) ->
              tags.computeIfAbsent(model + "/" + row.getLong(1), _ -> new TreeMap<>())
                      .put(row.getString(2), row.getString(3))
                  == null)
          .forEach(_ -> {});
    }
    return versions.stream()
        .map(v -> withTags(v, tags.getOrDefault(v.id().toString(), new TreeMap<>())))
        .toList();
  }

  private static SortedMap<String, String> tags(Snapshot s, VersionId id) {
    return new TreeMap<>(
        s.query(
                "select key, value from model_version_tag where model = :model and number = :number")
            .bind("model", id.model().value())
            .bind("number", id.number())
            .map((row, _) -> Map.entry(row.getString(1), row.getString(2)))
            .collectToMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static ModelVersion withTags(ModelVersion v, SortedMap<String, String> tags) {
    var card = v.card();
    return new ModelVersion(
        v.id(),
        v.sealed(),
        v.files(),
        v.source(),
        v.execution(),
        v.createdAt(),
        new VersionCard(
            card.uri(),
            card.storage(),
            card.run(),
            card.loggedModel(),
            card.description(),
            card.stage(),
            card.updatedAt(),
            tags));
  }

  void replaceDescription(Transaction tx, VersionId id, String description, Instant at) {
    change(tx, id, "description = :value", description, at);
  }

  void replaceStage(Transaction tx, VersionId id, String stage, Instant at) {
    change(tx, id, "stage = :value", stage, at);
  }

  /** The row stays, so that its number is never given again. */
  void deleteVersion(Transaction tx, VersionId id, Instant at) {
    change(tx, id, "deleted_at = :at, description = :value", "", at);
    tx.update("delete from model_alias where model = :model and number = :number")
        .bind("model", id.model().value())
        .bind("number", id.number())
        .execute();
  }

  private static void change(Transaction tx, VersionId id, String what, String value, Instant at) {
    tx.update(
            "update model_version set %s, updated_at = :at where model = :model and number = :number"
                .formatted(what))
        .bind("model", id.model().value())
        .bind("number", id.number())
        .bind("value", value)
        .bind("at", at.toEpochMilli())
        .execute();
  }

  /** The packages and directories that versions hold. */
  List<Digest> held(Snapshot s) {
    return s.query(
            """
            select package from model_version where package is not null
            union select files from model_version where files is not null
            """)
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

  private static RegisteredModel model(ResultSet row) throws SQLException {
    return new RegisteredModel(
        new ModelName(row.getString("name")),
        row.getString("description"),
        row.getLong("latest"),
        new TreeMap<>(),
        new TreeMap<>(),
        Instant.ofEpochMilli(row.getLong("created_at")),
        Instant.ofEpochMilli(row.getLong("updated_at")));
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
    var sealed = row.getString("package");
    var files = row.getString("files");
    return new ModelVersion(
        new VersionId(new ModelName(row.getString("model")), row.getLong("number")),
        sealed == null ? null : new Digest(sealed),
        files == null ? null : new Digest(files),
        row.getString("source"),
        new ExecutionId(row.getLong("execution")),
        Instant.ofEpochMilli(row.getLong("created_at")),
        new VersionCard(
            row.getString("uri"),
            row.getString("storage"),
            row.getString("run"),
            row.getString("logged_model"),
            row.getString("description"),
            row.getString("stage"),
            Instant.ofEpochMilli(row.getLong("updated_at")),
            new TreeMap<>()));
  }
}
