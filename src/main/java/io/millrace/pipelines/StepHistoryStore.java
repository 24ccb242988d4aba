package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** What steps came to in earlier runs; reads pipeline_run, pipeline_step and cache_entry. */
final class StepHistoryStore {
  private static final int DURATIONS = 20;

  /** A step of a run that had a key. */
  record Past(String run, StepState state, Digest key, JsonNode parts) {}

  /** Who made a cache entry. */
  record Maker(String run, String step, Instant at) {}

  /** The latest run of the pipeline whose step of that name has a key. */
  Optional<Past> latest(Snapshot s, String pipeline, String step) {
    return s.query(
            """
            select s.run, s.state, s.step_key, s.key_parts
              from pipeline_run r join pipeline_step s on s.run = r.id and s.name = :step
             where r.pipeline = :pipeline and s.key_parts is not null
             order by r.started_at desc, r.id desc limit 1
            """)
        .bind("pipeline", pipeline)
        .bind("step", step)
        .map((rs, _) -> past(rs))
        .findOne();
  }

  /** As {@link #latest}, of the runs that began before this one. */
  Optional<Past> latestBefore(Snapshot s, PipelineRun run, String step) {
    return s.query(
            """
            select s.run, s.state, s.step_key, s.key_parts
              from pipeline_run r join pipeline_step s on s.run = r.id and s.name = :step
             where r.pipeline = :pipeline and s.key_parts is not null
               and (r.started_at < :at or (r.started_at = :at and r.id < :run))
             order by r.started_at desc, r.id desc limit 1
            """)
        .bind("pipeline", run.pipeline())
        .bind("step", step)
        .bind("at", run.startedAt().toEpochMilli())
        .bind("run", run.id())
        .map((rs, _) -> past(rs))
        .findOne();
  }

  /** The step whose result lies under the key now. */
  Optional<Maker> maker(Snapshot s, Digest key) {
    return s.query("select run, step, created_at from cache_entry where step_key = :key")
        .bind("key", key.hex())
        .map((rs, _) -> maker(rs, "created_at"))
        .findOne();
  }

  /** The last step of that key that was worked on to its end by then. */
  Optional<Maker> makerBefore(Snapshot s, Digest key, Instant by) {
    return s.query(
            """
            select run, name as step, ended_at from pipeline_step
             where step_key = :key and state = 'RAN' and ended_at <= :by order by ended_at desc limit 1
            """)
        .bind("key", key.hex())
        .bind("by", by.toEpochMilli())
        .map((rs, _) -> maker(rs, "ended_at"))
        .findOne();
  }

  /** Whether the run may take results from the cache, and the digest of its pipeline's text. */
  record Settings(boolean cache, Digest definition, String project) {}

  Settings settings(Snapshot s, String run) {
    return s.query("select cache, definition, project from pipeline_run where id = :run")
        .bind("run", run)
        .map((rs, _) ->
            new Settings(
                rs.getInt("cache") != 0,
                new Digest(rs.getString("definition")),
                rs.getString("project")))
        .one();
  }

  /** The median length in seconds of the last 20 times that the step was worked on. */
  OptionalDouble seconds(Snapshot s, String pipeline, String step) {
    var millis =
        s.query(
                """
                select s.ended_at - s.started_at
                  from pipeline_run r join pipeline_step s on s.run = r.id and s.name = :step
                 where r.pipeline = :pipeline and s.state = 'RAN' and s.ended_at is not null
                 order by r.started_at desc, r.id desc limit :most
                """)
            .bind("pipeline", pipeline)
            .bind("step", step)
            .bind("most", DURATIONS)
            .mapTo(long.class)
            .list();
    return median(millis);
  }

  private static OptionalDouble median(List<Long> millis) {
    if (millis.isEmpty()) return OptionalDouble.empty();
    var sorted = millis.stream().sorted().toList();
    int middle = sorted.size() / 2;
    double median =
        sorted.size() % 2 == 1
            ? sorted.get(middle)
            : (sorted.get(middle - 1) + sorted.get(middle)) / 2.0;
    return OptionalDouble.of(Math.max(0, median) / 1000);
  }

  private static Past past(ResultSet rs) throws SQLException {
    return new Past(
        rs.getString("run"),
        StepState.valueOf(rs.getString("state")),
        new Digest(rs.getString("step_key")),
        Json.parse(rs.getString("key_parts")));
  }

  private static Maker maker(ResultSet rs, String time) throws SQLException {
    return new Maker(
        rs.getString("run"), rs.getString("step"), Instant.ofEpochMilli(rs.getLong(time)));
  }
}
