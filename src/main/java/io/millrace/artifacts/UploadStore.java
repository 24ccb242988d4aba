package io.millrace.artifacts;

import io.millrace.base.Digest;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** The tables upload and upload_part. */
final class UploadStore {
  Optional<Upload> find(Snapshot s, String id) {
    return s.query("select path, parts from upload where id = :id")
        .bind("id", id)
        .map((row, _) -> new Upload(id, row.getString("path"), row.getInt("parts"), parts(s, id)))
        .findOne();
  }

  private static TreeMap<Integer, Entry> parts(Snapshot s, String id) {
    var parts = new TreeMap<Integer, Entry>();
    s.query("select number, digest, size from upload_part where upload = :id")
        .bind("id", id)
        .map((row, _) ->
            parts.put(
                row.getInt("number"),
                new Entry(new Digest(row.getString("digest")), row.getLong("size"))))
        .list();
    return parts;
  }

  int count(Snapshot s) {
    return s.query("select count(*) from upload").mapTo(Integer.class).one();
  }

  int countBefore(Snapshot s, Instant time) {
    return s.query("select count(*) from upload where touched_at < :time")
        .bind("time", time.toEpochMilli())
        .mapTo(Integer.class)
        .one();
  }

  void insert(Transaction tx, Upload upload, Instant now) {
    tx.update(
            """
            insert into upload (id, path, parts, created_at, touched_at) values (:id, :path, :parts, :now, :now)
            """)
        .bind("id", upload.id())
        .bind("path", upload.path())
        .bind("parts", upload.parts())
        .bind("now", now.toEpochMilli())
        .execute();
  }

  void replacePart(Transaction tx, String id, int number, Entry part) {
    tx.update(
            """
            insert into upload_part (upload, number, digest, size) values (:upload, :number, :digest, :size)
            on conflict (upload, number) do update set digest = excluded.digest, size = excluded.size
            """)
        .bind("upload", id)
        .bind("number", number)
        .bind("digest", part.digest().hex())
        .bind("size", part.size())
        .execute();
  }

  void touch(Transaction tx, String id, Instant now) {
    tx.update("update upload set touched_at = :now where id = :id")
        .bind("now", now.toEpochMilli())
        .bind("id", id)
        .execute();
  }

  /** How many bytes the other parts have. */
  long sizeBeside(Snapshot s, String id, int number) {
    return s.query(
            "select coalesce(sum(size), 0) from upload_part where upload = :id and number <> :number")
        .bind("id", id)
        .bind("number", number)
        .mapTo(Long.class)
        .one();
  }

  void delete(Transaction tx, String id) {
    tx.update("delete from upload where id = :id").bind("id", id).execute();
  }

  int deleteBefore(Transaction tx, Instant time) {
    return tx.update("delete from upload where touched_at < :time")
        .bind("time", time.toEpochMilli())
        .execute();
  }

  List<Digest> held(Snapshot s) {
    return s.query("select distinct digest from upload_part")
        .mapTo(String.class)
        .map(Digest::new)
        .list();
  }
}
