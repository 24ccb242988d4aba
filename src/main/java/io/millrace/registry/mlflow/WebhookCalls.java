package io.millrace.registry.mlflow;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.experiments.mlflow.Calls;
import io.millrace.experiments.mlflow.PageToken;
import io.millrace.experiments.mlflow.Request;
import io.millrace.registry.Webhook;
import io.millrace.registry.WebhookEvent;
import io.millrace.registry.WebhookUrl;
import io.millrace.registry.Webhooks;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** webhooks and webhooks/*. */
@Singleton
public class WebhookCalls extends Calls {
  private static final Map<Integer, Webhook.Status> STATUSES =
      Map.of(1, Webhook.Status.ACTIVE, 2, Webhook.Status.DISABLED);

  private final Webhooks webhooks;

  @Inject
  public WebhookCalls(Database database, Webhooks webhooks) {
    this.webhooks = webhooks;
    route(
        "POST",
        "webhooks",
        (request, out) -> {
          request.text("name");
          request.text("url");
          if (request.field("events") == null) throw Request.missing("events");
          webhook(out, "webhook", webhooks.create(wish(request)));
        });
    route(
        "GET",
        "webhooks",
        (request, out) -> {
          int limit = request.limit("max_results", 100, 1_000);
          long offset = PageToken.offset(request.optionalText("page_token"));
          page(out, database.read(s -> webhooks.webhooks(s, limit + 1, offset)), limit, offset);
        });
    route(
        "GET",
        "webhooks/{webhook_id}",
        (request, out) -> {
          var id = request.text("webhook_id");
          webhook(out, "webhook", database.read(s -> webhooks.webhook(s, id)));
        });
    route(
        "PATCH",
        "webhooks/{webhook_id}",
        (request, out) ->
            webhook(out, "webhook", webhooks.change(request.text("webhook_id"), wish(request))));
    route(
        "DELETE",
        "webhooks/{webhook_id}",
        (request, _) -> {
          var id = request.text("webhook_id");
          database.writing(tx -> webhooks.delete(tx, id));
        });
    route("POST", "webhooks/{webhook_id}/test", this::test);
  }

  private void test(Request request, JsonGenerator out) throws IOException {
    @Nullable JsonNode event = request.field("event");
    var outcome =
        webhooks.test(request.text("webhook_id"), event == null ? null : event(event, "event"));
    out.writeObjectFieldStart("result");
    out.writeBooleanField("success", outcome.taken());
    if (outcome.statusCode() != null) out.writeNumberField("response_status", outcome.statusCode());
    if (outcome.error() != null) out.writeStringField("error_message", outcome.error());
    out.writeEndObject();
  }

  // What requests hold

  private static Webhooks.Wish wish(Request request) {
    var events = new ArrayList<WebhookEvent>();
    for (var event : request.list("events"))
      events.add(event(event, "events[%d]".formatted(events.size())));
    return new Webhooks.Wish(
        request.optionalText("name"),
        request.has("url") ? new WebhookUrl(request.text("url")) : null,
        events,
        request.optionalText("description"),
        request.optionalText("secret"),
        request.choice("status", STATUSES, Webhook.Status.class));
  }

  private static WebhookEvent event(JsonNode sent, String where) {
    if (!sent.isObject()) throw Request.invalid(sent, where, "an object of entity and action");
    return new WebhookEvent(
        one(sent, "entity", where, WebhookEvent.Entity.values()),
        one(sent, "action", where, WebhookEvent.Action.values()));
  }

  /** By name, or by number as protobuf counts. */
  private static <E extends Enum<E>> E one(JsonNode event, String field, String where, E[] all) {
    var place = where + "." + field;
    @Nullable JsonNode value = Request.field(event, field);
    if (value == null) throw Request.missing(place);
    for (int i = 0; i < all.length; i++)
      if (value.isTextual()
          ? all[i].name().equals(value.textValue())
          : value.isIntegralNumber() && value.asLong() == i + 1) return all[i];
    if (value.asText().equals("BUDGET_POLICY") || value.asText().equals("10"))
      throw new InvalidInput(
          "%s: there are no budgets here, so nobody can be told that one was exceeded"
              .formatted(place));
    throw Request.invalid(value, place, "one of " + List.of(all));
  }

  // What answers hold

  private static void page(JsonGenerator out, List<Webhook> webhooks, int limit, long offset)
      throws IOException {
    out.writeArrayFieldStart("webhooks");
    for (var webhook : webhooks.subList(0, Math.min(limit, webhooks.size()))) fields(out, webhook);
    out.writeEndArray();
    if (webhooks.size() > limit)
      out.writeStringField("next_page_token", PageToken.of(offset + limit));
  }

  private static void webhook(JsonGenerator out, String name, Webhook webhook) throws IOException {
    out.writeFieldName(name);
    fields(out, webhook);
  }

  private static void fields(JsonGenerator out, Webhook webhook) throws IOException {
    out.writeStartObject();
    out.writeStringField("webhook_id", webhook.id());
    out.writeStringField("name", webhook.name());
    if (!webhook.description().isEmpty())
      out.writeStringField("description", webhook.description());
    out.writeStringField("url", webhook.url().text());
    out.writeArrayFieldStart("events");
    for (var event : webhook.events()) {
      out.writeStartObject();
      out.writeStringField("entity", event.entity().name());
      out.writeStringField("action", event.action().name());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeStringField("status", webhook.status().name());
    out.writeNumberField("creation_timestamp", webhook.createdAt().toEpochMilli());
    out.writeNumberField("last_updated_timestamp", webhook.updatedAt().toEpochMilli());
    out.writeEndObject();
  }
}
