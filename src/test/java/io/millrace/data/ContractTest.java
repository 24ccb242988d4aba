package io.millrace.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContractTest {
  @TempDir Path work;
  private Engine engine;

  @BeforeEach
  void open() {
    engine = Engine.open(new Engine.Settings(List.of(), work).withThreads(1));
    engine.execute(
        """
        create table flights as select range as id, 'A' || range % 3 as carrier, (range * 7 % 50)::double as delay,
          date '2001-01-01' + (range % 31)::int as day, range % 2 = 0 as late from range(100)
        """);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private static ColumnContract column(String name, String type) {
    return new ColumnContract(name, type, true, null, null, List.of(), false);
  }

  private Validation validate(OnFailure onFailure, List<ColumnContract> columns, Rule... rules) {
    return new Contract(columns, List.of(rules), onFailure).validate(engine, "flights");
  }

  private Validation rule(String expression) {
    return validate(OnFailure.STOP, List.of(), new Rule("it", expression, OnFailure.STOP));
  }

  @Test
  void dataThatKeepTheirContractPass() {
    var columns =
        List.of(
            new ColumnContract("id", "integer", false, "0", "99", List.of(), true),
            new ColumnContract(
                "carrier", "text", false, null, null, List.of("A0", "A1", "A2"), false),
            new ColumnContract("delay", "number", true, "0", "49", List.of(), false),
            new ColumnContract("day", "date", true, "2001-01-01", "2001-01-31", List.of(), false),
            new ColumnContract(
                "late", "boolean", true, null, null, List.of("true", "false"), false));
    var validation =
        validate(
            OnFailure.STOP,
            columns,
            new Rule("in month", "month(day) = 1 and delay is not null", OnFailure.STOP));
    assertThat(validation.broken()).isEmpty();
    assertThat(validation.rows()).isEqualTo(100);
    validation.stopIfBroken("flights");
  }

  @Test
  void aBrokenRuleSaysHowManyRowsAndShowsFive() {
    var validation = rule("delay < 40 or late");
    var finding = validation.broken().getFirst();
    assertThat(finding.failed())
        .isEqualTo(engine.number("select count(*) from flights where not (delay < 40 or late)"));
    assertThat(finding.examples()).hasSize(5);
    assertThat(finding.examples().getFirst()).containsKeys("#", "delay", "late");
    assertThatThrownBy(() -> validation.stopIfBroken("flights"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("rule \"it\": %d rows fail".formatted(finding.failed()))
        .hasMessageContaining("correct the rows so that delay < 40 or late")
        .hasMessageContaining("row ");
  }

  @Test
  void everyConditionOfAColumnIsCounted() {
    engine.execute(
        "insert into flights values (5, 'XX', -3, null, null), (6, null, 1000, date '1999-01-01', true)");
    var columns =
        List.of(
            new ColumnContract("id", "integer", false, null, null, List.of(), true),
            new ColumnContract(
                "carrier", "text", false, null, null, List.of("A0", "A1", "A2"), false),
            new ColumnContract("delay", "number", true, "0", "49", List.of(), false),
            new ColumnContract("day", "date", true, "2001-01-01", null, List.of(), false));
    var broken = validate(OnFailure.STOP, columns).broken(OnFailure.STOP);
    assertThat(broken)
        .extracting(Finding::rule)
        .containsExactly(
            "column \"id\" is unique",
            "column \"carrier\" has no missing value",
            "column \"carrier\" is one of A0, A1, A2",
            "column \"delay\" >= 0",
            "column \"delay\" <= 49",
            "column \"day\" >= 2001-01-01");
    assertThat(broken).extracting(Finding::failed).containsExactly(4L, 1L, 1L, 1L, 1L, 1L);
  }

  @Test
  void missingExtraAndWronglyTypedColumnsAreNamed() {
    engine.execute(
        "create or replace table flights as select '7' as delay, 1 as other union all select 'late', 2");
    var validation =
        validate(OnFailure.STOP, List.of(column("id", "integer"), column("delay", "number")));
    var broken = validation.broken();
    assertThat(broken)
        .extracting(Finding::rule)
        .containsExactly(
            "column \"id\" is missing",
            "column \"delay\" is text (VARCHAR), due is number",
            "column \"other\" is not in the contract");
    assertThat(broken.get(1).failed()).isEqualTo(1);
    assertThat(broken.get(1).examples().getFirst())
        .containsEntry("delay", "late")
        .containsEntry("#", "2");
    assertThat(broken.get(2).onFailure()).isEqualTo(OnFailure.WARN);
    assertThatThrownBy(() -> validation.stopIfBroken("x"))
        .hasMessageContaining("the data have delay, other");
  }

  @Test
  void rowsThatBreakARuleAreSetAsideWithTheReason() {
    var contract =
        new Contract(
            List.of(new ColumnContract("delay", "number", true, "5", null, List.of(), false)),
            List.of(new Rule("first two carriers", "carrier <> 'A2'", OnFailure.QUARANTINE)),
            OnFailure.QUARANTINE);
    var validator = new Validator(engine, "flights", contract);
    var validation = validator.validate();
    var parts = validator.parts();
    assertThat(validation.quarantined())
        .isPositive()
        .isEqualTo(engine.number("select count(*) from (" + parts.aside() + ")"));
    assertThat(engine.number("select count(*) from (" + parts.kept() + ")"))
        .isEqualTo(100 - validation.quarantined());
    assertThat(
            engine.query(
                "select distinct broken_rules from (" + parts.aside() + ")",
                row -> row.getString(1)))
        .contains(
            "column \"delay\" >= 5; rule \"first two carriers\"", "rule \"first two carriers\"");
    validation.stopIfBroken("flights");
  }

  @Test
  void aRuleOverNothingKnownPasses() {
    engine.execute("insert into flights values (200, null, null, null, null)");
    assertThat(rule("delay >= 0").broken()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          exists (select 1) | a subquery
          id in (select id from flights) | a subquery
          row_number() over () > 1 | a window function
          count(*) > 1 | is about many rows
          sum(delay) > 1 | is about many rows
          random() < 0.5 | does not depend on the row alone
          now() > timestamp '2001-01-01' | does not depend on the row alone
          today() > day | does not depend on the row alone
          current_setting('threads') = '1' | does not depend on the row alone
          getvariable('x') = 1 | does not depend on the row alone
          read_text('/etc/passwd') = 1 | does not depend on the row alone
          nothing(id) | there is no function nothing()
          deley > 1 | did you mean "delay"
          delay + 1 | it gives double
          1 = 1) from flights -- | syntax error
          delay > | write one condition
          true) where (true | not a statement
          1) as a, (2 | not a statement
          true); drop table flights; select (1 | SELECT
          delay > $1 | a parameter
          carrier > 5 | Cannot compare values of type VARCHAR
          cast(carrier as int) > 5 | cannot be judged: Could not convert
          """)
  void aRuleThatIsMoreThanAConditionOnARowIsRefused(String expression, String why) {
    assertThatThrownBy(() -> rule(expression))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith("rule \"it\"")
        .hasMessageContaining(why);
  }

  @Test
  void ordinaryConditionsAreTaken() {
    engine.execute(
        "create or replace table flights as select 'a b' as \"odd \"\"name\", 3 as x, timestamp '2001-01-01' as t, 1.5 as \"select\"");
    for (var expression :
        List.of(
            "length(\"odd \"\"name\") = 3",
            "\"select\" between 1 and 2",
            "x in (1, 2, 3)",
            "t < timestamp '2002-01-01' and t is not null",
            "case when x > 2 then true else false end",
            "regexp_matches(\"odd \"\"name\", '^a') -- a comment",
            "nullif(x, 3) is null",
            "abs(x - 4) <= 1",
            "cast(x as double) * 2 = 6",
            "\"odd \"\"name\" like 'a%'",
            "coalesce(x, 0) > 0",
            "date_trunc('year', t) = t")) {
      assertThat(rule(expression).broken()).as(expression).isEmpty();
    }
  }

  @Test
  void boundsOfTheWrongKindAreRefused() {
    assertThatThrownBy(
            () -> new ColumnContract("age", "number", true, "old", null, List.of(), false))
        .hasMessageContaining("\"old\"")
        .hasMessageContaining("a number");
    assertThatThrownBy(() -> new ColumnContract("sex", "text", true, "a", null, List.of(), false))
        .hasMessageContaining("which has no min and max");
    assertThatThrownBy(
            () -> new ColumnContract("age", "numeric", true, null, null, List.of(), false))
        .hasMessageContaining("number");
  }

  @Test
  void twelveHundredColumnsAreChecked() {
    var names = IntStream.range(0, 1_200).mapToObj(i -> "c" + i).toList();
    engine.execute(
        "create or replace table flights as select %s from range(10)"
            .formatted(
                String.join(
                    ", ",
                    names.stream()
                        .map(n -> (n.equals("c7") ? "nullif(range, 3) as " : "range as ") + n)
                        .toList())));
    var columns =
        names.stream()
            .map(n -> new ColumnContract(n, "integer", false, null, null, List.of(), false))
            .toList();
    var validation = validate(OnFailure.QUARANTINE, columns);
    assertThat(validation.broken()).hasSize(1);
    assertThat(validation.nulls()).isEqualTo(1);
    assertThat(validation.quarantined()).isEqualTo(1);
  }
}
