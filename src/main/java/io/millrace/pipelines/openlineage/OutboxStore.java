package io.millrace.pipelines.openlineage;

import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.util.List;

/** Table lineage_out. */
final class OutboxStore {
  record Row(long seq, String kind, String ref, String type, long at) {}

  void insert(Transaction tx, String kind, String ref, String type, long at) {
    tx.update("insert into lineage_out (kind, ref, type, at) values (:kind, :ref, :type, :at)")
        .bind("kind", kind)
        .bind("ref", ref)
        .bind("type", type)
        .bind("at", at)
        .execute();
  }

  /** The oldest first. */
  List<Row> list(Snapshot s, int most) {
    return s.query("select * from lineage_out order by seq limit :most")
        .bind("most", most)
        .map((rs, _) ->
            new Row(
                rs.getLong("seq"),
                rs.getString("kind"),
                rs.getString("ref"),
                rs.getString("type"),
                rs.getLong("at")))
        .list();
  }

  /** How far the numbers of those that wait lie apart, which is no less than how many they are. */
  long span(Snapshot s) {
    return s.query("select coalesce(max(seq) - min(seq) + 1, 0) from lineage_out")
        .mapTo(long.class)
        .one();
  }

  void deleteUpTo(Transaction tx, long seq) {
    tx.update("delete from lineage_out where seq <= :seq").bind("seq", seq).execute();
  }
}
