package io.millrace.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.pipelines.Component.Reads;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ColumnReadsTest {
  @TempDir Path folder;

  @Test
  void aStatementReadsWhatItNames() {
    try (var room = new DataRoom(folder);
        var engine = room.datasets.engine(1)) {
      claim(engine, "select id, name from people", Reads.NO);
      claim(engine, "select count(*) as n from people", Reads.NO);
      claim(engine, "select p.id from people p join towns t using (id) order by p.id", Reads.NO);
      claim(engine, "select id, row_number() over (order by name) as n from people", Reads.NO);
      claim(engine, "select id, name from people order by all", Reads.NO);
      claim(engine, "select id, AGE from people", Reads.YES);
      claim(engine, "select id from people where p.age > 3", Reads.YES);
      claim(engine, "select id from people group by id having max(age) > 3", Reads.YES);
      claim(engine, "select id, sum(x) over (partition by \"Age\") as s from people", Reads.YES);
      claim(engine, "with a as (select age + 1 as b from people) select b from a", Reads.YES);
      claim(
          engine,
          "select id from people where exists (select 1 from t where t.age = 1)",
          Reads.YES);
      claim(engine, "select a.id from people a join other b using (age)", Reads.YES);
    }
  }

  @Test
  void aStarReadsAllOfThem() {
    try (var room = new DataRoom(folder);
        var engine = room.datasets.engine(1)) {
      claim(engine, "select * from people", Reads.YES);
      claim(engine, "from people", Reads.YES);
      claim(engine, "select columns('a.*') from people", Reads.YES);
      claim(engine, "select p.* exclude (name) from people p", Reads.YES);
    }
  }

  @Test
  void whatIsReadWithoutItsNameIsUnknown() {
    try (var room = new DataRoom(folder);
        var engine = room.datasets.engine(1)) {
      claim(engine, "select p from people p", Reads.UNKNOWN);
      claim(engine, "select people from people", Reads.UNKNOWN);
      claim(engine, "select p['name'] as n from people p", Reads.UNKNOWN);
      claim(engine, "select id from people natural join towns", Reads.UNKNOWN);
      claim(engine, "select x from people as p(x, y)", Reads.UNKNOWN);
      claim(engine, "select #2 from people", Reads.UNKNOWN);
    }
  }

  private static void claim(Engine engine, String sql, Reads expected) {
    assertThat(SelectStatement.parse(engine, sql).reads("age")).as(sql).isEqualTo(expected);
  }
}
