package io.millrace.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Conflict;
import io.millrace.base.Database;
import io.millrace.base.Ids;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.registry.WebhookDelivery.Outcome;
import io.millrace.registry.WebhookEvent.Action;
import io.millrace.registry.WebhookEvent.Entity;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Tells addresses of what happens in the registry. A delivery is written in the transaction of its
 * event, so neither is without the other; it is sent at least once, those of one webhook in the
 * order of their events. Thread-safe.
 */
public final class Webhooks implements RegistryEvents, AutoCloseable {
  private static final int MOST = 1_000;
  private static final int MOST_PENDING = 10_000;
  private static final int LONGEST_SECRET = 1_000;
  static final int KEPT = 1_000;

  private final Database database;
  private final Clock clock;
  private final Ids ids;
  private final WebhookStore store = new WebhookStore();
  private final RegistryStore models = new RegistryStore();
  private final GuardedPost post;
  private final Courier courier;

  /**
   * @param privateAddresses whether plain http and addresses that are not public are called, as
   *     tests need; never where others reach the server
   */
  public Webhooks(Database database, boolean privateAddresses, Clock clock) {
    this(database, new GuardedPost(privateAddresses), Courier.Patience.USUAL, clock);
  }

  Webhooks(Database database, GuardedPost post, Courier.Patience patience, Clock clock) {
    this.database = database;
    this.post = post;
    this.clock = clock;
    this.ids = new Ids(clock);
    this.courier = new Courier(database, store, post, patience, clock);
  }

  /** Begins to send, first what was left from before. */
  public void start() {
    courier.start();
  }

  /** What a webhook is to be; null leaves what is there, or takes what is usual. */
  public record Wish(
      @Nullable String name,
      @Nullable WebhookUrl url,
      List<WebhookEvent> events,
      @Nullable String description,
      @Nullable String secret,
      Webhook.@Nullable Status status) {
    public Wish {
      events = List.copyOf(events);
      if (secret != null && secret.length() > LONGEST_SECRET)
        throw new InvalidInput(
            "'secret' of a webhook exceeds the maximum length of %d characters"
                .formatted(LONGEST_SECRET));
    }

    /** Without the secret. */
    @Override
    public String toString() {
      return "Wish[name=%s, url=%s]".formatted(name, url);
    }
  }

  /** Makes a webhook; its address is looked up first, and refused where it is not public. */
  public Webhook create(Wish wish) {
    if (wish.name() == null || wish.url() == null)
      throw new InvalidInput("a webhook needs a name and a URL");
    requireAllowed(wish.url());
    var now = clock.instant();
    var made =
        new Webhook(
            ids.next(),
            wish.name(),
            wish.url(),
            wish.events(),
            text(wish.description()),
            wish.status() == null ? Webhook.Status.ACTIVE : wish.status(),
            now,
            now);
    database.writing(tx -> {
      if (store.count(tx) >= MOST)
        throw new Conflict("there are %d webhooks already; delete one first".formatted(MOST));
      store.insert(tx, made, text(wish.secret()));
    });
    return made;
  }

  private static String text(@Nullable String text) {
    return text == null ? "" : text;
  }

  private void requireAllowed(WebhookUrl url) {
    var objection = post.objection(url);
    if (!objection.isEmpty())
      throw new InvalidInput(
          "Invalid webhook URL %s: %s; expected an https URL of a public host"
              .formatted(url, objection));
  }

  /** Changes what the wish names; no events change nothing, an empty secret takes it away. */
  public Webhook change(String id, Wish wish) {
    if (wish.url() != null) requireAllowed(wish.url());
    return database.write(tx -> {
      var old = webhook(tx, id);
      var changed =
          new Webhook(
              id,
              wish.name() == null ? old.name() : wish.name(),
              wish.url() == null ? old.url() : wish.url(),
              wish.events().isEmpty() ? old.events() : wish.events(),
              wish.description() == null ? old.description() : wish.description(),
              wish.status() == null ? old.status() : wish.status(),
              old.createdAt(),
              clock.instant());
      store.replace(tx, changed);
      if (wish.secret() != null) store.replaceSecret(tx, id, wish.secret());
      tx.afterCommit(courier::wake);
      return changed;
    });
  }

  public void delete(Transaction tx, String id) {
    if (!store.delete(tx, id)) throw noWebhook(id);
  }

  public Webhook webhook(Snapshot s, String id) {
    return store.find(s, id).orElseThrow(() -> noWebhook(id));
  }

  private static NotFound noWebhook(String id) {
    return new NotFound(
        "Webhook with ID %s not found."
            .formatted(id.length() > 100 ? id.substring(0, 100) + "..." : id));
  }

  /** The oldest first. */
  public List<Webhook> webhooks(Snapshot s, int limit, long offset) {
    return store.list(s, limit, offset);
  }

  /** The newest deliveries first; the last 1,000 that are done with are kept, and all others. */
  public List<WebhookDelivery> deliveries(Snapshot s, String id, int limit) {
    webhook(s, id);
    return store.listDeliveries(s, id, limit);
  }

  /**
   * Sends an example now and says what came of it, of the reply only its status.
   *
   * @param event null for the first that the webhook is told of
   */
  public Outcome test(String id, @Nullable WebhookEvent event) {
    record Target(Webhook webhook, String secret) {}
    Target target = database.read(s -> new Target(webhook(s, id), store.secret(s, id)));
    var told = event == null ? target.webhook().events().getFirst() : event;
    return courier.send(
        UUID.randomUUID().toString(),
        target.webhook().url(),
        target.secret(),
        WebhookPayload.of(told, clock.instant(), WebhookPayload.example(told)));
  }

  // What happens in the registry

  @Override
  public void modelCreated(Transaction tx, RegisteredModel model) {
    tell(
        tx,
        new WebhookEvent(
            model.isPrompt() ? Entity.PROMPT : Entity.REGISTERED_MODEL, Action.CREATED),
        WebhookPayload.model(model));
  }

  @Override
  public void modelTagSet(Transaction tx, RegisteredModel model, String key, String value) {
    if (!model.isPrompt()) return; // MLflow has no such event for models.
    tell(
        tx,
        new WebhookEvent(Entity.PROMPT_TAG, Action.SET),
        Json.object().put("name", model.name().value()).put("key", key).put("value", value));
  }

  @Override
  public void modelTagDeleted(Transaction tx, RegisteredModel model, String key) {
    if (!model.isPrompt()) return;
    tell(
        tx,
        new WebhookEvent(Entity.PROMPT_TAG, Action.DELETED),
        Json.object().put("name", model.name().value()).put("key", key));
  }

  @Override
  public void versionCreated(Transaction tx, ModelVersion version) {
    boolean prompt = isPrompt(tx, version.model());
    tell(
        tx,
        new WebhookEvent(prompt ? Entity.PROMPT_VERSION : Entity.MODEL_VERSION, Action.CREATED),
        WebhookPayload.version(version, prompt));
  }

  @Override
  public void tagSet(Transaction tx, VersionId id, String key, String value) {
    tell(
        tx,
        event(tx, id.model(), Entity.MODEL_VERSION_TAG, Entity.PROMPT_VERSION_TAG, Action.SET),
        WebhookPayload.on(id).put("key", key).put("value", value));
  }

  @Override
  public void tagDeleted(Transaction tx, VersionId id, String key) {
    tell(
        tx,
        event(tx, id.model(), Entity.MODEL_VERSION_TAG, Entity.PROMPT_VERSION_TAG, Action.DELETED),
        WebhookPayload.on(id).put("key", key));
  }

  @Override
  public void aliasCreated(Transaction tx, VersionId id, Alias alias) {
    tell(
        tx,
        event(tx, id.model(), Entity.MODEL_VERSION_ALIAS, Entity.PROMPT_ALIAS, Action.CREATED),
        Json.object()
            .put("name", id.model().value())
            .put("alias", alias.value())
            .put("version", String.valueOf(id.number())));
  }

  @Override
  public void aliasDeleted(Transaction tx, ModelName model, Alias alias) {
    tell(
        tx,
        event(tx, model, Entity.MODEL_VERSION_ALIAS, Entity.PROMPT_ALIAS, Action.DELETED),
        Json.object().put("name", model.value()).put("alias", alias.value()));
  }

  private WebhookEvent event(
      Transaction tx, ModelName model, Entity ofModels, Entity ofPrompts, Action action) {
    return new WebhookEvent(isPrompt(tx, model) ? ofPrompts : ofModels, action);
  }

  private boolean isPrompt(Transaction tx, ModelName name) {
    return models.findModel(tx, name).filter(RegisteredModel::isPrompt).isPresent();
  }

  private void tell(Transaction tx, WebhookEvent event, ObjectNode data) {
    var told = store.listActive(tx, event);
    if (told.isEmpty()) return;
    var now = clock.instant();
    var payload = WebhookPayload.of(event, now, data);
    for (var webhook : told) {
      boolean full = store.countPending(tx, webhook) >= MOST_PENDING;
      var delivery = full ? overfull(event, now) : pending(event, now);
      store.insertDelivery(tx, webhook, event, payload, delivery);
    }
    tx.afterCommit(courier::wake);
  }

  private static WebhookDelivery pending(WebhookEvent event, Instant now) {
    var id = UUID.randomUUID().toString();
    return new WebhookDelivery(
        id, event, WebhookDelivery.State.PENDING, 0, now, now, new Outcome(null, null));
  }

  private static WebhookDelivery overfull(WebhookEvent event, Instant now) {
    var why = "not sent: %d others were waiting".formatted(MOST_PENDING);
    var id = UUID.randomUUID().toString();
    return new WebhookDelivery(
        id, event, WebhookDelivery.State.FAILED, 0, now, now, new Outcome(null, why));
  }

  /** Stops sending; what is not sent yet waits in the database for the next start. */
  @Override
  public void close() {
    courier.close();
  }
}
