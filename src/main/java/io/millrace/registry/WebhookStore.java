package io.millrace.registry;

import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The webhooks' tables. */
final class WebhookStore {
  /**
   * What is to be sent now, or next.
   *
   * @param seq its place in the order of events
   */
  record Due(
      long seq, String id, String webhook, WebhookUrl url, String payload, int attempts, long at) {}

  void insert(Transaction tx, Webhook webhook, String secret) {
    tx.update(
            """
            insert into webhook (id, name, url, description, secret, status, created_at, updated_at)
            values (:id, :name, :url, :description, :secret, :status, :created, :updated)
            """)
        .bind("id", webhook.id())
        .bind("name", webhook.name())
        .bind("url", webhook.url().text())
        .bind("description", webhook.description())
        .bind("secret", secret)
        .bind("status", webhook.status().name())
        .bind("created", webhook.createdAt().toEpochMilli())
        .bind("updated", webhook.updatedAt().toEpochMilli())
        .execute();
    insertEvents(tx, webhook);
  }

  private static void insertEvents(Transaction tx, Webhook webhook) {
    for (int place = 0; place < webhook.events().size(); place++)
      tx.update("insert into webhook_event (webhook, event, place) values (:id, :event, :place)")
          .bind("id", webhook.id())
          .bind("event", webhook.events().get(place).toString())
          .bind("place", place)
          .execute();
  }

  void replace(Transaction tx, Webhook webhook) {
    tx.update(
            """
            update webhook set name = :name, url = :url, description = :description, status = :status, updated_at = :at
             where id = :id
            """)
        .bind("id", webhook.id())
        .bind("name", webhook.name())
        .bind("url", webhook.url().text())
        .bind("description", webhook.description())
        .bind("status", webhook.status().name())
        .bind("at", webhook.updatedAt().toEpochMilli())
        .execute();
    tx.update("delete from webhook_event where webhook = :id").bind("id", webhook.id()).execute();
    insertEvents(tx, webhook);
  }

  void replaceSecret(Transaction tx, String id, String secret) {
    tx.update("update webhook set secret = :secret where id = :id")
        .bind("id", id)
        .bind("secret", secret)
        .execute();
  }

  String secret(Snapshot s, String id) {
    return s.query("select secret from webhook where id = :id")
        .bind("id", id)
        .mapTo(String.class)
        .findOne()
        .orElse("");
  }

  boolean delete(Transaction tx, String id) {
    return tx.update("delete from webhook where id = :id").bind("id", id).execute() == 1;
  }

  Optional<Webhook> find(Snapshot s, String id) {
    return s.query("select * from webhook where id = :id")
        .bind("id", id)
        .map((row, _) -> webhook(s, row))
        .findOne();
  }

  /** The oldest first. */
  List<Webhook> list(Snapshot s, int limit, long offset) {
    return s.query("select * from webhook order by created_at, id limit :limit offset :offset")
        .bind("limit", limit)
        .bind("offset", offset)
        .map((row, _) -> webhook(s, row))
        .list();
  }

  long count(Snapshot s) {
    return s.query("select count(*) from webhook").mapTo(Long.class).one();
  }

  /** Those that are to be told of the event. */
  List<String> listActive(Snapshot s, WebhookEvent event) {
    return s.query(
            """
            select w.id from webhook_event e join webhook w on w.id = e.webhook
             where e.event = :event and w.status = 'ACTIVE' order by w.created_at, w.id
            """)
        .bind("event", event.toString())
        .mapTo(String.class)
        .list();
  }

  /** How many wait to be sent to it. */
  long countPending(Snapshot s, String webhook) {
    return s.query(
            "select count(*) from webhook_delivery where webhook = :webhook and state = 'PENDING'")
        .bind("webhook", webhook)
        .mapTo(Long.class)
        .one();
  }

  void insertDelivery(
      Transaction tx,
      String webhook,
      WebhookEvent event,
      String payload,
      WebhookDelivery delivery) {
    tx.update(
            """
            insert into webhook_delivery (id, webhook, event, payload, state, next_at, error, created_at, updated_at)
            values (:id, :webhook, :event, :payload, :state, :at, :error, :at, :at)
            """)
        .bind("id", delivery.id())
        .bind("webhook", webhook)
        .bind("event", event.toString())
        .bind("payload", payload)
        .bind("state", delivery.state().name())
        .bind("error", delivery.outcome().error())
        .bind("at", delivery.createdAt().toEpochMilli())
        .execute();
  }

  /** The oldest that waits for each active webhook but those; the soonest first. */
  List<Due> listDue(Snapshot s, Collection<String> but, int limit) {
    return s.query(
            """
            select d.seq, d.id, d.webhook, w.url, d.payload, d.attempts, d.next_at
              from webhook w
              join webhook_delivery d
                on d.seq = (select min(p.seq) from webhook_delivery p where p.webhook = w.id and p.state = 'PENDING')
             where w.status = 'ACTIVE' and w.id not in (select value from json_each(:but))
             order by d.next_at, d.seq limit :limit
            """)
        .bind("but", Json.write(but))
        .bind("limit", limit)
        .map((row, _) ->
            new Due(
                row.getLong("seq"),
                row.getString("id"),
                row.getString("webhook"),
                new WebhookUrl(row.getString("url")),
                row.getString("payload"),
                row.getInt("attempts"),
                row.getLong("next_at")))
        .list();
  }

  void replaceDelivery(
      Transaction tx,
      long seq,
      WebhookDelivery.State state,
      Instant nextAt,
      WebhookDelivery.Outcome outcome,
      Instant at) {
    tx.update(
            """
            update webhook_delivery
               set state = :state, attempts = attempts + 1, next_at = :next, status_code = :status, error = :error, updated_at = :at
             where seq = :seq
            """)
        .bind("seq", seq)
        .bind("state", state.name())
        .bind("next", nextAt.toEpochMilli())
        .bind("status", outcome.statusCode())
        .bind("error", outcome.error())
        .bind("at", at.toEpochMilli())
        .execute();
  }

  /** Forgets what is done with, but for the newest of the webhook. */
  void deleteDone(Transaction tx, String webhook, int kept) {
    tx.update(
            """
            delete from webhook_delivery
             where webhook = :webhook and state <> 'PENDING'
               and seq <= (select seq from webhook_delivery where webhook = :webhook order by seq desc limit 1 offset :kept)
            """)
        .bind("webhook", webhook)
        .bind("kept", kept)
        .execute();
  }

  /** The newest first. */
  List<WebhookDelivery> listDeliveries(Snapshot s, String webhook, int limit) {
    return s.query(
            "select * from webhook_delivery where webhook = :webhook order by seq desc limit :limit")
        .bind("webhook", webhook)
        .bind("limit", limit)
        .map((row, _) -> delivery(row))
        .list();
  }

  private static Webhook webhook(Snapshot s, ResultSet row) throws SQLException {
    var id = row.getString("id");
    var events =
        s.query("select event from webhook_event where webhook = :id order by place")
            .bind("id", id)
            .mapTo(String.class)
            .map(WebhookEvent::parse)
            .list();
    return new Webhook(
        id,
        row.getString("name"),
        new WebhookUrl(row.getString("url")),
        events,
        row.getString("description"),
        Webhook.Status.valueOf(row.getString("status")),
        Instant.ofEpochMilli(row.getLong("created_at")),
        Instant.ofEpochMilli(row.getLong("updated_at")));
  }

  private static WebhookDelivery delivery(ResultSet row) throws SQLException {
    int status = row.getInt("status_code");
    @Nullable Integer code = row.wasNull() ? null : (Integer) status;
    return new WebhookDelivery(
        row.getString("id"),
        WebhookEvent.parse(row.getString("event")),
        WebhookDelivery.State.valueOf(row.getString("state")),
        row.getInt("attempts"),
        Instant.ofEpochMilli(row.getLong("created_at")),
        Instant.ofEpochMilli(row.getLong("next_at")),
        new WebhookDelivery.Outcome(code, row.getString("error")));
  }
}
