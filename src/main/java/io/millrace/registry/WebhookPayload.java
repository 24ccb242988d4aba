package io.millrace.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;

/** What is told of an event, in MLflow's form. */
final class WebhookPayload {
  /** The tags by which MLflow keeps prompts; they are told of otherwise. */
  private static final String PROMPT_TEXT = "mlflow.prompt.text";

  private static final String PROMPT_TYPE = "_mlflow_prompt_type";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSxxx").withZone(ZoneOffset.UTC);

  private WebhookPayload() {}

  static String of(WebhookEvent event, Instant at, ObjectNode data) {
    var payload =
        Json.object()
            .put("entity", WebhookEvent.lower(event.entity()))
            .put("action", WebhookEvent.lower(event.action()))
            .put("timestamp", TIME.format(at));
    payload.set("data", data);
    return Json.write(payload);
  }

  static ObjectNode model(RegisteredModel model) {
    var data = Json.object().put("name", model.name().value());
    tags(data, model.tags(), model.isPrompt());
    return data.put("description", model.description());
  }

  static ObjectNode version(ModelVersion version, boolean prompt) {
    var card = version.card();
    var data = on(version.id());
    if (prompt) data.put("template", card.tags().get(PROMPT_TEXT));
    else
      data.put("source", card.uri().isEmpty() ? "models:/" + version.id() : card.uri())
          .put("run_id", card.run().isEmpty() ? null : card.run());
    tags(data, card.tags(), prompt);
    return data.put("description", card.description().isEmpty() ? null : card.description());
  }

  static ObjectNode on(VersionId id) {
    return Json.object()
        .put("name", id.model().value())
        .put("version", String.valueOf(id.number()));
  }

  private static void tags(ObjectNode data, Map<String, String> tags, boolean prompt) {
    var told = data.putObject("tags");
    tags.forEach((key, value) -> {
      boolean internal =
          key.equals(RegisteredModel.PROMPT) || key.equals(PROMPT_TYPE) || key.equals(PROMPT_TEXT);
      if (!prompt || !internal) told.put(key, value);
    });
  }

  /** What a test sends. */
  static ObjectNode example(WebhookEvent event) {
    boolean prompt = event.entity().name().startsWith("PROMPT");
    var name = prompt ? "example_prompt" : "example_model";
    var version = Json.object().put("name", name).put("version", "1");
    return switch (event.entity()) {
      case REGISTERED_MODEL, PROMPT -> described(Json.object().put("name", name), prompt);
      case MODEL_VERSION ->
          described(version.put("source", "models:/123").put("run_id", "abcd1234abcd5678"), prompt);
      case PROMPT_VERSION -> described(version.put("template", "Hello {{name}}!"), prompt);
      case MODEL_VERSION_TAG, PROMPT_VERSION_TAG -> tag(version, event.action());
      case PROMPT_TAG -> tag(Json.object().put("name", name), event.action());
      case MODEL_VERSION_ALIAS, PROMPT_ALIAS -> {
        var data = Json.object().put("name", name).put("alias", "example_alias");
        yield event.action() == WebhookEvent.Action.CREATED ? data.put("version", "1") : data;
      }
    };
  }

  private static ObjectNode described(ObjectNode data, boolean prompt) {
    data.putObject("tags").put("example_key", "example_value");
    return data.put("description", prompt ? "An example prompt" : "An example model");
  }

  private static ObjectNode tag(ObjectNode data, WebhookEvent.Action action) {
    data.put("key", "example_key");
    return action == WebhookEvent.Action.SET ? data.put("value", "example_value") : data;
  }
}
