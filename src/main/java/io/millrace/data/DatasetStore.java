package io.millrace.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The SQL of datasets and their versions. */
final class DatasetStore {
  private static final String VERSION =
      "select dataset, number, digest, row_count, byte_count, columns, source, created_at from dataset_version ";

  List<String> names(Snapshot s) {
    return s.query("select name from dataset order by name").mapTo(String.class).list();
  }

  boolean exists(Snapshot s, String name) {
    return s.query("select count(*) from dataset where name = :name")
            .bind("name", name)
            .mapTo(Long.class)
            .one()
        > 0;
  }

  Optional<DatasetVersion> find(Snapshot s, String name, int number) {
    return s.query(VERSION + "where dataset = :name and number = :number")
        .bind("name", name)
        .bind("number", number)
        .map((row, _) -> version(row))
        .findOne();
  }

  Optional<DatasetVersion> findCurrent(Snapshot s, String name) {
    return s.query(
            VERSION
                + "where dataset = :name and number = (select current_number from dataset where name = :name)")
        .bind("name", name)
        .map((row, _) -> version(row))
        .findOne();
  }

  Optional<DatasetVersion> findByDigest(Snapshot s, String name, Digest digest) {
    return s.query(VERSION + "where dataset = :name and digest = :digest")
        .bind("name", name)
        .bind("digest", digest.hex())
        .map((row, _) -> version(row))
        .findOne();
  }

  Optional<DatasetVersion> findBySource(Snapshot s, String name, Digest source) {
    return s.query(VERSION + "where dataset = :name and source = :source order by number limit 1")
        .bind("name", name)
        .bind("source", source.hex())
        .map((row, _) -> version(row))
        .findOne();
  }

  /** Newest first. */
  List<DatasetVersion> list(Snapshot s, String name) {
    return s.query(VERSION + "where dataset = :name order by number desc")
        .bind("name", name)
        .map((row, _) -> version(row))
        .list();
  }

  List<String> digests(Snapshot s) {
    return s.query("select digest from dataset_version").mapTo(String.class).list();
  }

  int newest(Snapshot s, String name) {
    return s.query("select coalesce(max(number), 0) from dataset_version where dataset = :name")
        .bind("name", name)
        .mapTo(Integer.class)
        .one();
  }

  void insert(Transaction tx, String name, Instant now) {
    tx.update("insert into dataset (name, created_at, changed_at) values (:name, :now, :now)")
        .bind("name", name)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  void insert(Transaction tx, DatasetVersion version) {
    tx.update(
            """
            insert into dataset_version (dataset, number, digest, source, row_count, byte_count, columns, created_at)
            values (:dataset, :number, :digest, :source, :rows, :bytes, :columns, :now)
            """)
        .bind("dataset", version.name())
        .bind("number", version.number())
        .bind("digest", version.digest().hex())
        .bind("source", version.source().hex())
        .bind("rows", version.rows())
        .bind("bytes", version.bytes())
        .bind("columns", Json.canonical(Json.tree(version.columns())))
        .bind("now", version.createdAt().toEpochMilli())
        .execute();
  }

  void replaceCurrent(Transaction tx, String name, int number, Instant now) {
    tx.update("update dataset set current_number = :number, changed_at = :now where name = :name")
        .bind("name", name)
        .bind("number", number)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  /** The project and the text of the definition, where files own the dataset. */
  record Owned(@Nullable String project, @Nullable String definition) {}

  Optional<Owned> findOwned(Snapshot s, String name) {
    return s.query("select project, definition from dataset where name = :name")
        .bind("name", name)
        .map((row, _) -> new Owned(row.getString("project"), row.getString("definition")))
        .findOne();
  }

  /** The datasets that the files of a project own. */
  List<String> owned(Snapshot s, String project) {
    return s.query("select name from dataset where project = :project order by name")
        .bind("project", project)
        .mapTo(String.class)
        .list();
  }

  /** Leaves a dataset to nobody; its versions stay. */
  void release(Transaction tx, String name, Instant now) {
    tx.update(
            "update dataset set project = null, definition = null, changed_at = :now where name = :name")
        .bind("name", name)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  void replaceOwned(Transaction tx, String name, String project, String definition, Instant now) {
    tx.update(
            "update dataset set project = :project, definition = :definition, changed_at = :now where name = :name")
        .bind("name", name)
        .bind("project", project)
        .bind("definition", definition)
        .bind("now", now.toEpochMilli())
        .execute();
  }

  /** The Parquet blob that a source file came to, by what was read and how. */
  Optional<Digest> findConverted(Snapshot s, Digest source) {
    return s.query("select digest from converted_file where source = :source")
        .bind("source", source.hex())
        .map((row, _) -> new Digest(row.getString(1)))
        .findOne();
  }

  void insertConverted(Transaction tx, Digest source, Digest digest) {
    tx.update(
            "insert into converted_file (source, digest) values (:source, :digest) on conflict (source) do update set digest = excluded.digest")
        .bind("source", source.hex())
        .bind("digest", digest.hex())
        .execute();
  }

  private static DatasetVersion version(ResultSet row) throws SQLException {
    var columns = new ArrayList<Engine.ColumnType>();
    for (JsonNode column : Json.parse(row.getString("columns"))) {
      columns.add(
          new Engine.ColumnType(column.path("name").asText(), column.path("type").asText()));
    }
    return new DatasetVersion(
        row.getString("dataset"),
        row.getInt("number"),
        new Digest(row.getString("digest")),
        row.getLong("row_count"),
        row.getLong("byte_count"),
        columns,
        new Digest(row.getString("source")),
        Instant.ofEpochMilli(row.getLong("created_at")));
  }
}
