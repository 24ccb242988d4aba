package io.millrace.pipelines;

import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.util.Map;
import java.util.TreeMap;

/** Table pipeline_test. */
final class TestStore {
  void insert(Transaction tx, String run, Map<String, ArtifactRef> samples) {
    var json = Json.object();
    samples.forEach((dataset, ref) -> json.put(dataset, ref.digest().hex()));
    tx.update("insert into pipeline_test (run, samples) values (:run, :samples)")
        .bind("run", run)
        .bind("samples", json.toString())
        .execute();
  }

  /** What the run reads in place of datasets; none where it is no test. */
  Map<String, ArtifactRef> samples(Snapshot s, String run) {
    var samples = new TreeMap<String, ArtifactRef>();
    s.query("select samples from pipeline_test where run = :run")
        .bind("run", run)
        .mapTo(String.class)
        .findOne()
        .ifPresent(text ->
            Json.parse(text)
                .properties()
                .forEach(e ->
                    samples.put(
                        e.getKey(),
                        new ArtifactRef(ValueType.DATASET, new Digest(e.getValue().asText())))));
    return samples;
  }
}
