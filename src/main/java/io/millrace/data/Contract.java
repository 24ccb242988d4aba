package io.millrace.data;

import io.millrace.base.InvalidInput;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What data must look like: its columns and the rules of its rows.
 *
 * @param onFailure what broken conditions of columns lead to, and rules that say nothing else
 */
public record Contract(List<ColumnContract> columns, List<Rule> rules, OnFailure onFailure) {
  public static final Contract NONE = new Contract(List.of(), List.of(), OnFailure.STOP);

  public Contract {
    columns = List.copyOf(columns);
    rules = List.copyOf(rules);
    var names = new HashSet<String>();
    for (var column : columns) {
      if (!names.add(column.name().toLowerCase(Locale.ROOT)))
        throw new InvalidInput(
            "column \"%s\" stands twice in the contract".formatted(column.name()));
    }
    names.clear();
    for (var rule : rules)
      if (!names.add(rule.name()))
        throw new InvalidInput(
            "two rules are named \"%s\"; give each its own name".formatted(rule.name()));
  }

  /** Reads a file that is a contract and nothing else; unknown keys are refused. */
  public static Contract parse(io.millrace.definitions.YamlNode root) {
    return ContractFile.file(root);
  }

  /** Owned types by column, as ingest takes them. */
  public SortedMap<String, String> types() {
    var types = new TreeMap<String, String>();
    columns.forEach(c -> types.put(c.name(), c.type()));
    return types;
  }

  /**
   * Checks a relation (a table's name or a table expression). Throws InvalidInput only where a rule
   * itself is wrong.
   */
  public Validation validate(Engine engine, String relation) {
    return new Validator(engine, relation, this).validate();
  }
}
