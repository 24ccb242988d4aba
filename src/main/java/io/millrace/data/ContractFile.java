package io.millrace.data;

import io.millrace.base.InvalidInput;
import io.millrace.definitions.YamlNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a contract from a project's file, strictly. The keys stand at the top of contracts/*.yaml,
 * and beside others in datasets/*.yaml.
 */
final class ContractFile {
  static final Set<String> KEYS = Set.of("columns", "rules", "on-failure");
  private static final Set<String> FILE_KEYS =
      Set.of("columns", "rules", "on-failure", "description", "owner");
  private static final Set<String> COLUMN_KEYS =
      Set.of("type", "nullable", "min", "max", "values", "unique", "description");
  private static final Set<String> RULE_KEYS =
      Set.of("name", "expression", "on-failure", "description");

  private ContractFile() {}

  /** A file that is a contract and nothing else. */
  static Contract file(YamlNode root) {
    root.only(FILE_KEYS);
    return part(root);
  }

  /** The contract's keys of a mapping whose other keys are known to the caller. */
  static Contract part(YamlNode node) {
    var onFailure = onFailure(node.optional("on-failure"), OnFailure.STOP);
    var columns = new ArrayList<ColumnContract>();
    node.optional("columns")
        .ifPresent(all -> all.map().forEach((name, column) -> columns.add(column(name, column))));
    var rules = new ArrayList<Rule>();
    node.optional("rules")
        .ifPresent(all -> all.list().forEach(rule -> rules.add(rule(rule, onFailure))));
    try {
      return new Contract(columns, rules, onFailure);
    } catch (InvalidInput e) {
      throw node.invalid(String.valueOf(e.getMessage()));
    }
  }

  private static ColumnContract column(String name, YamlNode node) {
    node.only(COLUMN_KEYS);
    var type = node.required("type");
    var values =
        node.optional("values")
            .map(all -> all.list().stream().map(ContractFile::scalar).toList())
            .orElse(List.of());
    boolean nullable = node.optional("nullable").map(YamlNode::bool).orElse(true);
    boolean unique = node.optional("unique").map(YamlNode::bool).orElse(false);
    try {
      return new ColumnContract(
          name,
          type.text(),
          nullable,
          text(node.optional("min")),
          text(node.optional("max")),
          values,
          unique);
    } catch (InvalidInput e) {
      throw placed(node, e);
    }
  }

  private static @Nullable String text(Optional<YamlNode> node) {
    return node.map(ContractFile::scalar).orElse(null);
  }

  /** A number, truth value, date or text, as text. */
  private static String scalar(YamlNode node) {
    var value = node.json();
    if (!value.isValueNode() || value.isNull()) throw node.invalid("a single value is expected");
    return value.asText();
  }

  private static Rule rule(YamlNode node, OnFailure otherwise) {
    node.only(RULE_KEYS);
    var name = node.required("name").text();
    var expression = node.required("expression").text();
    try {
      return new Rule(name, expression, onFailure(node.optional("on-failure"), otherwise));
    } catch (InvalidInput e) {
      throw placed(node, e);
    }
  }

  private static OnFailure onFailure(Optional<YamlNode> node, OnFailure otherwise) {
    if (node.isEmpty()) return otherwise;
    var word = node.get().text();
    for (var value : OnFailure.values()) if (value.word().equals(word)) return value;
    throw node.get()
        .invalid(
            "on-failure: got \"%s\", expected one of %s"
                .formatted(word, String.join(", ", OnFailure.WORDS)));
  }

  private static InvalidInput placed(YamlNode node, InvalidInput e) {
    return String.valueOf(e.getMessage()).startsWith(node.file() + ":")
        ? e
        : node.invalid(String.valueOf(e.getMessage()));
  }

  /** Checks what needs an engine: that every rule is one safe condition. */
  static void checkRules(Engine engine, Contract contract, YamlNode root) {
    for (var rule : contract.rules()) {
      try {
        RuleExpression.check(engine, rule);
      } catch (InvalidInput e) {
        throw place(root, rule).invalid(String.valueOf(e.getMessage()));
      }
    }
  }

  private static YamlNode place(YamlNode root, Rule rule) {
    return root.optional("rules").stream()
        .flatMap(all -> all.list().stream())
        .filter(n -> n.required("name").text().equals(rule.name()))
        .findFirst()
        .orElse(root);
  }
}
