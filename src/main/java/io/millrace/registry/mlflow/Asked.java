package io.millrace.registry.mlflow;

import io.millrace.base.InvalidInput;
import io.millrace.experiments.FilterParser;
import io.millrace.experiments.mlflow.Request;
import io.millrace.registry.Alias;
import io.millrace.registry.ModelName;
import io.millrace.registry.RegistryQuery;
import io.millrace.registry.VersionId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What requests about models and versions ask for, checked as MLflow checks it. */
final class Asked {
  private static final List<String> STAGES = List.of("None", "Staging", "Production", "Archived");
  private static final int TAG_KEY = 250;
  private static final int TAG_VALUE = 100_000;
  private static final int DESCRIPTION = 5_000;

  private Asked() {}

  static ModelName name(Request request, String field) {
    var text = request.text(field);
    try {
      return new ModelName(text);
    } catch (InvalidInput e) {
      throw new InvalidInput(
          text.isBlank()
              ? "Registered model name cannot be empty."
              : "Invalid name '%s': %s"
                  .formatted(
                      text.length() > 300 ? text.substring(0, 300) + "..." : text, e.getMessage()));
    }
  }

  static VersionId version(Request request, ModelName name) {
    var number = request.field("version");
    if (number == null) throw Request.missing("version");
    var text = number.asText();
    if (!text.matches("\\d{1,18}") || Long.parseLong(text) < 1)
      throw new InvalidInput(
          "Parameter 'version' must be an integer, got '%s'"
              .formatted(text.length() > 50 ? text.substring(0, 50) + "..." : text));
    return new VersionId(name, Long.parseLong(text));
  }

  static Alias alias(Request request) {
    return alias(request.text("alias"));
  }

  static Alias alias(String text) {
    try {
      return new Alias(text);
    } catch (InvalidInput e) {
      throw new InvalidInput("Invalid alias name: %s".formatted(e.getMessage()));
    }
  }

  /** MLflow answers so, and its clients know it. */
  static InvalidInput noAlias(String alias) {
    return new InvalidInput("Registered model alias %s not found.".formatted(alias));
  }

  static String stage(String text) {
    for (var stage : STAGES)
      if (stage.toLowerCase(Locale.ROOT).equals(text.toLowerCase(Locale.ROOT))) return stage;
    throw new InvalidInput(
        "Invalid Model Version stage: %s. Value must be one of None, Staging, Production, Archived."
            .formatted(text));
  }

  static String described(Request request) {
    var text = request.text("description", "");
    if (text.length() > DESCRIPTION)
      throw new InvalidInput(
          "'description' exceeds the maximum length of %d characters".formatted(DESCRIPTION));
    return text;
  }

  static Map<String, String> tags(Request request) {
    var tags = request.pairs("tags");
    tags.forEach(Asked::checked);
    return tags;
  }

  static Map<String, String> tag(Request request) {
    var key = request.text("key");
    var value = request.text("value", "");
    checked(key, value);
    return Map.of(key, value);
  }

  private static void checked(String key, String value) {
    if (key.isEmpty()) throw Request.missing("key");
    if (key.length() > TAG_KEY)
      throw new InvalidInput(
          "'key' exceeds the maximum length of %d characters".formatted(TAG_KEY));
    if (value.length() > TAG_VALUE)
      throw new InvalidInput(
          "'value' exceeds the maximum length of %d characters".formatted(TAG_VALUE));
  }

  static RegistryQuery query(Request request, int limit, long offset) {
    var orders = new ArrayList<FilterParser.Order>();
    for (var clause : request.texts("order_by")) orders.add(FilterParser.order(clause));
    return new RegistryQuery(
        FilterParser.parse(request.optionalText("filter")), orders, limit + 1, offset);
  }
}
