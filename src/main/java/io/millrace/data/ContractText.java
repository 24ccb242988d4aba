package io.millrace.data;

import java.util.ArrayList;
import java.util.stream.Collectors;

/** Writes a contract as YAML. */
final class ContractText {
  private ContractText() {}

  /** The contract as YAML. */
  static String of(Contract contract) {
    var text = new StringBuilder();
    text.append("on-failure: ").append(contract.onFailure().word()).append('\n');
    text.append("columns:").append(contract.columns().isEmpty() ? " {}\n" : "\n");
    for (var column : contract.columns())
      text.append("  ")
          .append(YamlText.of(column.name()))
          .append(": ")
          .append(text(column))
          .append('\n');
    if (contract.rules().isEmpty()) return text.toString();
    text.append("rules:\n");
    for (var rule : contract.rules()) {
      text.append("  - { name: ")
          .append(YamlText.of(rule.name()))
          .append(", expression: ")
          .append(YamlText.quoted(rule.expression()));
      if (rule.onFailure() != contract.onFailure())
        text.append(", on-failure: ").append(rule.onFailure().word());
      text.append(" }\n");
    }
    return text.toString();
  }

  private static String text(ColumnContract column) {
    var parts = new ArrayList<String>();
    parts.add("type: " + column.type());
    if (!column.nullable()) parts.add("nullable: false");
    if (column.unique()) parts.add("unique: true");
    if (column.min() != null) parts.add("min: " + bound(column, column.min()));
    if (column.max() != null) parts.add("max: " + bound(column, column.max()));
    if (!column.values().isEmpty())
      parts.add(
          "values: ["
              + column.values().stream()
                  .map(v -> bound(column, v))
                  .collect(Collectors.joining(", "))
              + "]");
    return "{ " + String.join(", ", parts) + " }";
  }

  private static String bound(ColumnContract column, String value) {
    return switch (column.type()) {
      case "integer", "number", "boolean" -> value;
      default -> YamlText.quoted(value);
    };
  }
}
