package io.millrace.registry;

import io.millrace.base.InvalidInput;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Something of the registry's that a webhook can be told of, such as model_version.created. */
public record WebhookEvent(Entity entity, Action action) {
  /** What it happened to; numbered as MLflow's protocol does, from 1. */
  public enum Entity {
    REGISTERED_MODEL(Action.CREATED),
    MODEL_VERSION(Action.CREATED),
    MODEL_VERSION_TAG(Action.SET, Action.DELETED),
    MODEL_VERSION_ALIAS(Action.CREATED, Action.DELETED),
    PROMPT(Action.CREATED),
    PROMPT_VERSION(Action.CREATED),
    PROMPT_TAG(Action.SET, Action.DELETED),
    PROMPT_VERSION_TAG(Action.SET, Action.DELETED),
    PROMPT_ALIAS(Action.CREATED, Action.DELETED);

    private final Action first;
    private final Action last;

    Entity(Action only) {
      this(only, only);
    }

    Entity(Action first, Action last) {
      this.first = first;
      this.last = last;
    }

    private List<Action> actions() {
      return first == last ? List.of(first) : List.of(first, last);
    }
  }

  /** What happened; numbered as MLflow's protocol does, from 1. */
  public enum Action {
    CREATED,
    UPDATED,
    DELETED,
    SET
  }

  public WebhookEvent {
    if (!entity.actions().contains(action))
      throw new InvalidInput(
          "Invalid action '%s' for entity '%s'. Valid actions are: %s"
              .formatted(lower(action), lower(entity), entity.actions()));
  }

  /** Every event there is. */
  public static Stream<WebhookEvent> all() {
    return Stream.of(Entity.values())
        .flatMap(
            entity -> entity.actions().stream().map(action -> new WebhookEvent(entity, action)));
  }

  /** Reads what toString wrote. */
  static WebhookEvent parse(String text) {
    int dot = text.indexOf('.');
    return new WebhookEvent(
        Entity.valueOf(text.substring(0, dot).toUpperCase(Locale.ROOT)),
        Action.valueOf(text.substring(dot + 1).toUpperCase(Locale.ROOT)));
  }

  static String lower(Enum<?> one) {
    return one.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return lower(entity) + "." + lower(action);
  }
}
