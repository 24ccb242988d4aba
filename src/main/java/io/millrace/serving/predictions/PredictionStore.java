package io.millrace.serving.predictions;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.serving.EndpointName;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The tables of this room. */
final class PredictionStore {
  /**
   * A Parquet file of one endpoint's predictions of one day.
   *
   * @param day since 1970, of UTC
   * @param level how often its rows were merged
   */
  record File(String path, String endpoint, long day, int level, long predictions, long bytes) {}

  /** A value that was given for a prediction. */
  record Given(String prediction, String name, JsonNode value, Instant at) {}

  Map<EndpointName, LogSettings> settings(Snapshot s) {
    var settings = new HashMap<EndpointName, LogSettings>();
    s.query("select endpoint, settings from prediction_setting")
        .map((row, _) ->
            settings.put(
                new EndpointName(row.getString(1)), Json.read(row.getString(2), LogSettings.class)))
        .list();
    return settings;
  }

  void replace(Transaction tx, EndpointName endpoint, LogSettings settings) {
    tx.update(
            """
            insert into prediction_setting (endpoint, settings) values (:endpoint, :settings)
            on conflict (endpoint) do update set settings = excluded.settings
            """)
        .bind("endpoint", endpoint.value())
        .bind("settings", Json.write(settings))
        .execute();
  }

  /** The files of an endpoint, or of all, from a day to another, both inclusive. */
  List<File> files(Snapshot s, @Nullable String endpoint, long from, long to) {
    return s.query(
            """
            select path, endpoint, day, level, predictions, bytes from prediction_file
             where (:endpoint is null or endpoint = :endpoint) and day between :from and :to
             order by path
            """)
        .bind("endpoint", endpoint)
        .bind("from", from)
        .bind("to", to)
        .map((row, _) ->
            new File(
                row.getString(1),
                row.getString(2),
                row.getLong(3),
                row.getInt(4),
                row.getLong(5),
                row.getLong(6)))
        .list();
  }

  void insert(Transaction tx, Collection<File> files) {
    for (var file : files)
      tx.update(
              """
              insert into prediction_file (path, endpoint, day, level, predictions, bytes)
              values (:path, :endpoint, :day, :level, :predictions, :bytes)
              """)
          .bind("path", file.path())
          .bind("endpoint", file.endpoint())
          .bind("day", file.day())
          .bind("level", file.level())
          .bind("predictions", file.predictions())
          .bind("bytes", file.bytes())
          .execute();
  }

  void delete(Transaction tx, Collection<File> files) {
    for (var file : files)
      tx.update("delete from prediction_file where path = :path")
          .bind("path", file.path())
          .execute();
  }

  /** The numbers of the segments that are compacted. */
  Set<Long> compacted(Snapshot s) {
    return new HashSet<>(s.query("select number from prediction_segment").mapTo(Long.class).list());
  }

  void insertSegment(Transaction tx, long number) {
    tx.update("insert into prediction_segment (number) values (:number)")
        .bind("number", number)
        .execute();
  }

  void deleteSegment(Transaction tx, long number) {
    tx.update("delete from prediction_segment where number = :number")
        .bind("number", number)
        .execute();
  }

  void insertFeedback(Transaction tx, List<Given> given) {
    var batch =
        tx.batch(
            """
            insert into feedback (prediction, name, value, given_at)
            values (:prediction, :name, :value, :at)
            """);
    for (var one : given)
      batch
          .bind("prediction", one.prediction())
          .bind("name", one.name())
          .bind("value", Json.write(one.value()))
          .bind("at", one.at().toEpochMilli())
          .add();
    batch.execute();
  }

  /**
   * Hands over what was given for the predictions whose ids stand from one to another, both
   * inclusive; by prediction, in the order in which it was given.
   */
  void feedback(Snapshot s, String from, String to, Consumer<Given> reader) {
    try (var given =
        s.query(
                """
                select prediction, name, value, given_at from feedback
                 where prediction between :from and :to order by prediction, seq
                """)
            .bind("from", from)
            .bind("to", to)
            .map((row, _) ->
                new Given(
                    row.getString(1),
                    row.getString(2),
                    Json.parse(row.getString(3)),
                    Instant.ofEpochMilli(row.getLong(4))))
            .iterator()) {
      given.forEachRemaining(reader);
    }
  }

  /** Forgets what was given for predictions whose ids stand before this one. */
  void deleteFeedback(Transaction tx, String before) {
    tx.update("delete from feedback where prediction < :before").bind("before", before).execute();
  }
}
