package io.millrace.data;

import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.time.Instant;
import java.util.Optional;

/** The table statistics: a profile by the digest of what it describes. */
final class StatisticsStore {
  Optional<Statistics> find(Snapshot snapshot, Digest data) {
    return snapshot
        .query("select content from statistics where digest = :digest")
        .bind("digest", data.hex())
        .mapTo(String.class)
        .findOne()
        .map(content -> Json.read(content, Statistics.class));
  }

  /** Keeps a profile, unless another writer did first. */
  void insert(Transaction tx, Digest data, Statistics statistics, Instant now) {
    tx.update(
            """
            insert into statistics (digest, content, created_at) values (:digest, :content, :now)
            on conflict (digest) do nothing
            """)
        .bind("digest", data.hex())
        .bind("content", Json.write(statistics))
        .bind("now", now.toEpochMilli())
        .execute();
  }
}
