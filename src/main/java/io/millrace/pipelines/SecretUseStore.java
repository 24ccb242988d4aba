package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Column secrets of table step_attempt: which versions the command of an attempt was given. */
final class SecretUseStore {
  /** Notes what the attempt that begins is given, where it is given any. */
  void insert(Transaction tx, String run, String step, int attempt, Map<String, JsonNode> values) {
    var secrets = StepSecrets.among(values);
    if (secrets.isEmpty()) return;
    tx.update(
            "update step_attempt set secrets = :secrets where run = :run and step = :step and attempt = :attempt")
        .bind("secrets", Json.write(secrets))
        .bind("run", run)
        .bind("step", step)
        .bind("attempt", attempt)
        .execute();
  }

  /** What that attempt was given, as it stands among a step's values. */
  Map<String, JsonNode> find(Snapshot s, String run, String step, int attempt) {
    var found = new LinkedHashMap<String, JsonNode>();
    s.query(
            "select secrets from step_attempt where run = :run and step = :step and attempt = :attempt and secrets is not null")
        .bind("run", run)
        .bind("step", step)
        .bind("attempt", attempt)
        .mapTo(String.class)
        .findOne()
        .ifPresent(text ->
            Json.parse(text)
                .properties()
                .forEach(e -> found.put(StepSecrets.PREFIX + e.getKey(), e.getValue())));
    return found;
  }

  /** The steps at work that were given that version, as texts for people. */
  List<String> users(Snapshot s, String pinned) {
    return s
        .query(
            "select run, step, secrets from step_attempt where state = 'RUNNING' and secrets is not null")
        .map((rs, _) -> {
          boolean uses = false;
          for (var secret : Json.parse(rs.getString("secrets")))
            uses |= secret.asText().equals(pinned);
          return uses
              ? "step %s of run %s".formatted(rs.getString("step"), rs.getString("run"))
              : "";
        })
        .list()
        .stream()
        .filter(text -> !text.isEmpty())
        .toList();
  }
}
