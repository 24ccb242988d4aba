package io.millrace.registry;

import io.millrace.base.InvalidInput;
import io.millrace.base.Snapshot;
import io.millrace.experiments.Comparison;
import io.millrace.experiments.Comparison.Operator;
import io.millrace.experiments.Comparison.Value;
import io.millrace.experiments.FilterParser;
import io.millrace.experiments.SqlSearch;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/** Searches registered models and versions. Prompts are hidden unless the filter asks for them. */
final class RegistrySearch {
  private static final String NO_PROMPT =
      "not exists (select 1 from registered_model_tag p where p.model = %s and p.key = '"
          + RegisteredModel.PROMPT
          + "' and lower(p.value) = 'true')";

  private RegistrySearch() {}

  static List<RegisteredModel> models(Snapshot s, RegistryStore store, RegistryQuery query) {
    var sql = new SqlSearch();
    if (hidesPrompts(query)) sql.where(NO_PROMPT.formatted("m.name"));
    for (var c : query.filter()) {
      if (isNoPrompt(c)) continue;
      if (isTag(c)) sql.where(tag(sql, "registered_model_tag t where t.model = m.name", c));
      else if (isAttribute(c, "name")) sql.where(sql.text("m.name", c));
      else
        throw FilterParser.invalid(
            c, "is no attribute of registered models: expected name or tags.KEY");
    }
    order(
        sql,
        query,
        Map.of(
            "name", "m.name",
            "timestamp", "m.updated_at",
            "last_updated_timestamp", "m.updated_at",
            "creation_timestamp", "m.created_at"));
    if (query.order().stream().noneMatch(o -> o.field().key().equals("name")))
      sql.orderBy("m.name");
    return store.listModels(s, sql.text(query.limit(), query.offset()), sql.binds());
  }

  static List<ModelVersion> versions(Snapshot s, RegistryStore store, RegistryQuery query) {
    var sql = new SqlSearch();
    sql.where("v.deleted_at is null");
    if (hidesPrompts(query)) sql.where(NO_PROMPT.formatted("v.model"));
    for (var c : query.filter()) {
      if (isNoPrompt(c)) continue;
      if (isTag(c))
        sql.where(
            tag(sql, "model_version_tag t where t.model = v.model and t.number = v.number", c));
      else if (isAttribute(c, "name")) sql.where(sql.text("v.model", c));
      else if (isAttribute(c, "run_id")) sql.where(sql.text("v.run", c));
      else if (isAttribute(c, "source_path")) sql.where(sql.text("v.uri", c));
      else if (isAttribute(c, "version_number")) sql.where(sql.whole("v.number", c));
      else
        throw FilterParser.invalid(
            c,
            "is no attribute of model versions: expected one of name, run_id, source_path, version_number, tags.KEY");
    }
    order(
        sql,
        query,
        Map.of(
            "name", "v.model",
            "version_number", "v.number",
            "creation_timestamp", "v.created_at",
            "last_updated_timestamp", "v.updated_at"));
    if (query.order().isEmpty()) sql.orderBy("v.updated_at desc");
    sql.orderBy("v.model").orderBy("v.number desc");
    return store.versions(s, sql.text(query.limit(), query.offset()), sql.binds());
  }

  private static boolean hidesPrompts(RegistryQuery query) {
    return query.filter().stream()
        .noneMatch(c ->
            isTag(c)
                && c.field().key().equals(RegisteredModel.PROMPT)
                && c.operator() == Operator.EQUAL
                && c.value() instanceof Value.Text(String text)
                && text.equalsIgnoreCase("true"));
  }

  /**
   * Clients say so of what they search; it is what hides prompts, which most models say nothing
   * about.
   */
  private static boolean isNoPrompt(Comparison c) {
    return isTag(c)
        && c.field().key().equals(RegisteredModel.PROMPT)
        && c.operator() == Operator.UNEQUAL
        && c.value() instanceof Value.Text(String text)
        && text.equalsIgnoreCase("true");
  }

  private static boolean isTag(Comparison c) {
    return "tags".equals(c.field().type()) || "tag".equals(c.field().type());
  }

  private static boolean isAttribute(Comparison c, String name) {
    var type = c.field().type();
    return (type == null || type.equals("attribute") || type.equals("attributes"))
        && c.field().key().equals(name);
  }

  private static String tag(SqlSearch sql, String rows, Comparison c) {
    if (c.value() instanceof Value.Texts)
      throw FilterParser.invalid(
          c, "cannot be compared with a list: expected = != LIKE ILIKE or IS NULL");
    return sql.keyed(rows, "t", c);
  }

  private static void order(SqlSearch sql, RegistryQuery query, Map<String, String> columns) {
    var seen = new HashSet<String>();
    for (var order : query.order()) {
      var column = columns.get(order.field().key());
      if (column == null || order.field().type() != null)
        throw new InvalidInput(
            "order_by",
            order.field().toString(),
            "one of " + String.join(", ", columns.keySet().stream().sorted().toList()));
      if (!seen.add(column))
        throw new InvalidInput(
            "order_by names \"%s\" twice; once is enough".formatted(order.field()));
      sql.orderBy(column + (order.ascending() ? " asc" : " desc"));
    }
  }
}
