package io.millrace.data;

import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Checks a relation against a contract: one pass for each few dozen conditions counts the rows that
 * break them, one grouped count more a unique column, and one look for examples a condition that is
 * broken.
 */
final class Validator {
  private static final int EXAMPLES = 5;
  private static final int MOST_SHOWN = 8;
  private static final int LONGEST_SHOWN = 80;
  private static final int COUNTS_A_PASS = 64;

  private final Engine engine;
  private final String relation;
  private final Contract contract;
  private final List<Engine.ColumnType> types;

  /**
   * A condition on rows.
   *
   * @param fails SQL, never null: the row breaks it
   * @param shown columns to show with examples, first
   */
  record Check(String name, OnFailure onFailure, String fails, List<String> shown, String fix) {}

  Validator(Engine engine, String relation, Contract contract) {
    this.engine = engine;
    this.relation = relation;
    this.contract = contract;
    this.types = engine.columns(relation);
  }

  Validation validate() {
    var checks = new ArrayList<Check>();
    var findings = new ArrayList<Finding>();
    var names = types.stream().map(Engine.ColumnType::name).toList();
    var counts = new ArrayList<String>(List.of("count(*)"));
    counts.add(
        names.isEmpty()
            ? "0"
            : Sql.joined(
                names.stream().map(n -> "count(*) - count(" + Sql.name(n) + ")").toList(), " + "));
    var whole = wholeFindings(checks);
    for (var rule : contract.rules()) checks.add(check(rule, names));
    var setAside = setAside(checks);
    counts.add(setAside == null ? "0" : "count(*) filter (where %s)".formatted(setAside));
    for (var check : checks) counts.add("count(*) filter (where %s)".formatted(check.fails()));
    List<Long> numbers;
    try {
      numbers = numbers(counts);
    } catch (InvalidInput e) {
      throw culprit(checks, e);
    }
    for (var finding : whole)
      findings.add(
          finding.broken() && finding.failed() < 0
              ? Finding.whole(
                  finding.rule(), finding.onFailure(), numbers.getFirst(), finding.fix())
              : finding);
    for (int i = 0; i < checks.size(); i++) {
      var check = checks.get(i);
      long failed = numbers.get(i + 3);
      findings.add(
          new Finding(
              check.name(),
              check.onFailure(),
              failed > 0,
              failed,
              failed == 0 ? List.of() : examples(check),
              failed == 0 ? "" : check.fix()));
    }
    return new Validation(numbers.get(0), numbers.get(1), numbers.get(2), findings);
  }

  /** The condition that some row makes fail, such as by a text that is no number. */
  private InvalidInput culprit(List<Check> checks, InvalidInput all) {
    for (var check : checks) {
      try {
        numbers(List.of("count(*) filter (where %s)".formatted(check.fails())));
      } catch (InvalidInput e) {
        return new InvalidInput(
            "%s cannot be judged: %s".formatted(check.name(), RuleExpression.brief(e)));
      }
    }
    return all;
  }

  /**
   * The relation without, or only, the rows that are set aside; those with a column that names the
   * broken rules.
   */
  record Parts(String kept, String aside) {}

  Parts parts() {
    var checks = new ArrayList<Check>();
    wholeFindings(checks);
    var names = types.stream().map(Engine.ColumnType::name).toList();
    for (var rule : contract.rules()) checks.add(check(rule, names));
    var setAside = setAside(checks);
    if (setAside == null)
      return new Parts("select * from " + relation, "select * from " + relation + " limit 0");
    var reasons =
        checks.stream()
            .filter(c -> c.onFailure() == OnFailure.QUARANTINE)
            .map(c -> "case when %s then %s end".formatted(c.fails(), Sql.text(c.name())))
            .collect(Collectors.joining(", "));
    var column = "broken_rules";
    while (names.stream().anyMatch(column::equalsIgnoreCase)) column += "_";
    return new Parts(
        "select * from %s where not (%s)".formatted(relation, setAside),
        "select *, concat_ws('; ', %s) as %s from %s where %s"
            .formatted(reasons, Sql.name(column), relation, setAside));
  }

  private static @Nullable String setAside(List<Check> checks) {
    var fails =
        checks.stream()
            .filter(c -> c.onFailure() == OnFailure.QUARANTINE)
            .map(Check::fails)
            .toList();
    return fails.isEmpty() ? null : Sql.joined(fails, " or ");
  }

  private List<Long> numbers(List<String> counts) {
    var result = new ArrayList<Long>();
    for (int from = 0; from < counts.size(); from += COUNTS_A_PASS)
      result.addAll(pass(counts.subList(from, Math.min(counts.size(), from + COUNTS_A_PASS))));
    return result;
  }

  private List<Long> pass(List<String> counts) {
    return engine
        .query(
            "select %s from %s".formatted(String.join(", ", counts), relation),
            row -> {
              var result = new ArrayList<Long>();
              for (int i = 1; i <= counts.size(); i++) result.add(row.getLong(i));
              return result;
            })
        .getFirst();
  }

  /**
   * Conditions on the table: columns missing, of another type, not in the contract. The others give
   * checks.
   */
  private List<Finding> wholeFindings(List<Check> checks) {
    var findings = new ArrayList<Finding>();
    // A table cannot be set aside in part: what is wrong with the whole of it stops, or is only
    // said.
    var severe = contract.onFailure() == OnFailure.WARN ? OnFailure.WARN : OnFailure.STOP;
    for (var column : contract.columns()) {
      var found = types.stream().filter(t -> t.name().equalsIgnoreCase(column.name())).findFirst();
      if (found.isEmpty()) {
        var names = types.stream().map(Engine.ColumnType::name).toList();
        findings.add(
            Finding.whole(
                "column \"%s\" is missing".formatted(column.name()),
                severe,
                -1,
                "add it to the data, or take it out of the contract (the data have %s)"
                    .formatted(Names.some(names))));
      } else if (!column.accepts(found.get().type())) {
        findings.add(wrongType(column, found.get(), severe));
      } else {
        addChecks(column, found.get(), checks);
      }
    }
    if (contract.columns().isEmpty()) return findings;
    for (var type : types) {
      if (contract.columns().stream().noneMatch(c -> c.name().equalsIgnoreCase(type.name()))) {
        findings.add(
            Finding.whole(
                "column \"%s\" is not in the contract".formatted(type.name()),
                OnFailure.WARN,
                0,
                "add it to the contract (type: %s)".formatted(ColumnContract.word(type.type()))));
      }
    }
    return findings;
  }

  private Finding wrongType(ColumnContract column, Engine.ColumnType type, OnFailure onFailure) {
    var rule =
        "column \"%s\" is %s (%s), due is %s"
            .formatted(column.name(), ColumnContract.word(type.type()), type.type(), column.type());
    var name = Sql.name(type.name());
    var fix =
        "correct the data, cast the column in the query that makes them, or change its type in the contract";
    if (Frame.Kind.of(type.type()) != Frame.Kind.TEXT)
      return Finding.whole(rule, onFailure, -1, fix);
    var wrong =
        "(%1$s is not null and %2$s is null)"
            .formatted(name, "try_cast(%s as %s)".formatted(name, sqlType(column)));
    long failed = engine.number("select count(*) from %s where %s".formatted(relation, wrong));
    if (failed == 0)
      return Finding.whole(
          rule,
          onFailure,
          -1,
          "every value can be read as %s: cast the column in the query that makes the data"
              .formatted(column.type()));
    return new Finding(
        rule,
        onFailure,
        true,
        failed,
        examples(new Check(rule, onFailure, wrong, List.of(type.name()), fix)),
        fix);
  }

  private static String sqlType(ColumnContract column) {
    return switch (column.type()) {
      case "integer" -> "bigint";
      case "number" -> "double";
      case "timestamp" -> "timestamptz";
      case "date" -> "date";
      case "boolean" -> "boolean";
      default -> "varchar";
    };
  }

  private void addChecks(ColumnContract column, Engine.ColumnType type, List<Check> checks) {
    var name = Sql.name(type.name());
    var on = contract.onFailure();
    var shown = List.of(type.name());
    if (!column.nullable()) {
      checks.add(
          new Check(
              "column \"%s\" has no missing value".formatted(type.name()),
              on,
              "(%s is null)".formatted(name),
              shown,
              "fill the values in, or say nullable: true"));
    }
    if (column.min() != null) {
      checks.add(
          new Check(
              "column \"%s\" >= %s".formatted(type.name(), column.min()),
              on,
              "coalesce(%s < %s, false)".formatted(name, column.literal(column.min())),
              shown,
              "correct the values, or lower min"));
    }
    if (column.max() != null) {
      checks.add(
          new Check(
              "column \"%s\" <= %s".formatted(type.name(), column.max()),
              on,
              "coalesce(%s > %s, false)".formatted(name, column.literal(column.max())),
              shown,
              "correct the values, or raise max"));
    }
    if (!column.values().isEmpty()) {
      var list = column.values().stream().map(column::literal).collect(Collectors.joining(", "));
      var words =
          column.values().size() <= 10
              ? String.join(", ", column.values())
              : "%s and %d more"
                  .formatted(
                      String.join(", ", column.values().subList(0, 10)),
                      column.values().size() - 10);
      checks.add(
          new Check(
              "column \"%s\" is one of %s".formatted(type.name(), words),
              on,
              "coalesce(%s not in (%s), false)".formatted(name, list),
              shown,
              "correct the values, or add them to values"));
    }
    if (column.unique()) {
      checks.add(
          new Check(
              "column \"%s\" is unique".formatted(type.name()),
              on,
              "coalesce(%1$s in (select %1$s from %2$s where %1$s is not null group by %1$s having count(*) > 1), false)"
                  .formatted(name, relation),
              shown,
              "remove the repeated rows, or say unique: false"));
    }
  }

  private Check check(Rule rule, List<String> names) {
    var shown = RuleExpression.columns(engine, rule, names);
    var sql = RuleExpression.sql(rule);
    String type;
    try {
      type =
          engine
              .columns("(select %s as condition from %s)".formatted(sql, relation))
              .getFirst()
              .type();
    } catch (InvalidInput e) {
      throw RuleExpression.wrong(rule, RuleExpression.brief(e));
    }
    if (!type.equals("BOOLEAN"))
      throw RuleExpression.wrong(
          rule,
          "it gives %s, due is true or false: compare it with something"
              .formatted(type.toLowerCase(Locale.ROOT)));
    return new Check(
        "rule \"%s\"".formatted(rule.name()),
        rule.onFailure(),
        "(not coalesce(%s, true))".formatted(sql),
        shown,
        "correct the rows so that %s, or change the rule".formatted(rule.expression().strip()));
  }

  private List<SequencedMap<String, String>> examples(Check check) {
    var columns = new ArrayList<>(check.shown());
    for (var type : types)
      if (columns.size() < MOST_SHOWN && !columns.contains(type.name())) columns.add(type.name());
    var position = "row position";
    while (columns.contains(position)) position += "_";
    var select =
        columns.stream()
            .map(c -> "left(cast(%s as varchar), %d)".formatted(Sql.name(c), LONGEST_SHOWN + 1))
            .collect(Collectors.joining(", "));
    return engine.query(
        "select %1$s, %2$s from (select *, row_number() over () as %1$s from %3$s) where %4$s order by %1$s limit %5$d"
            .formatted(Sql.name(position), select, relation, check.fails(), EXAMPLES),
        row -> {
          SequencedMap<String, String> example = new LinkedHashMap<>();
          example.put("#", row.getString(1));
          for (int i = 0; i < columns.size(); i++) {
            var value = row.getString(i + 2);
            example.put(
                columns.get(i),
                value == null
                    ? "null"
                    : value.length() > LONGEST_SHOWN
                        ? value.substring(0, LONGEST_SHOWN) + "..."
                        : value);
          }
          return example;
        });
  }
}
