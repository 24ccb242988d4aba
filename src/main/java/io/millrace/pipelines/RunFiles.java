package io.millrace.pipelines;

import io.millrace.base.Digest;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Tables run_text and run_files: projects' files as runs began with them. Equal ones are kept once.
 */
final class RunFiles {
  /** Keeps them, by path; returns what finds them again. */
  Digest insert(Transaction tx, Map<String, String> texts) {
    var listed = Json.object();
    new TreeMap<>(texts).forEach((path, text) -> listed.put(path, Digest.of(text).hex()));
    var digest = Digest.of(Json.canonical(listed));
    if (find(tx, digest).isPresent()) return digest;
    var batch =
        tx.batch(
            "insert into run_text (digest, text) values (:digest, :text) on conflict (digest) do nothing");
    texts
        .values()
        .forEach(text -> batch.bind("digest", Digest.of(text).hex()).bind("text", text).add());
    if (!texts.isEmpty()) batch.execute();
    tx.update("insert into run_files (digest, files) values (:digest, :files)")
        .bind("digest", digest.hex())
        .bind("files", listed.toString())
        .execute();
    return digest;
  }

  /** The texts by path; empty if they are not all here. */
  Optional<Map<String, String>> texts(Snapshot s, Digest digest) {
    return find(s, digest)
        .flatMap(listed -> {
          var texts = new HashMap<String, String>();
          for (var file : Json.parse(listed).properties()) {
            var text =
                s.query("select text from run_text where digest = :digest")
                    .bind("digest", file.getValue().asText())
                    .mapTo(String.class)
                    .findOne();
            if (text.isEmpty()) return Optional.empty();
            texts.put(file.getKey(), text.get());
          }
          return Optional.of(texts);
        });
  }

  private static Optional<String> find(Snapshot s, Digest digest) {
    return s.query("select files from run_files where digest = :digest")
        .bind("digest", digest.hex())
        .mapTo(String.class)
        .findOne();
  }
}
