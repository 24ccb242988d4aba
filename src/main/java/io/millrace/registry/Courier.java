package io.millrace.registry;

import io.millrace.base.Database;
import io.millrace.base.Unavailable;
import io.millrace.registry.WebhookDelivery.Outcome;
import io.millrace.registry.WebhookDelivery.State;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Carries deliveries from the database to where they belong: one at a time to each webhook, so that
 * they come in order, several webhooks at once. What fails is tried again, later each time; what
 * comes behind it waits.
 */
final class Courier implements AutoCloseable {
  private static final Logger LOG = System.getLogger(Courier.class.getName());
  private static final int AT_ONCE = 16;
  private static final Duration IDLE = Duration.ofMinutes(1);

  /**
   * How often and how far apart a delivery is tried.
   *
   * @param first the wait after the first attempt; it doubles with each
   */
  record Patience(int attempts, Duration first) {
    /** Two minutes in all. */
    static final Patience USUAL = new Patience(8, Duration.ofSeconds(1));

    Duration after(int attempts) {
      return first.multipliedBy(1L << (attempts - 1));
    }
  }

  private final Database database;
  private final WebhookStore store;
  private final GuardedPost post;
  private final Patience patience;
  private final Clock clock;
  private final Semaphore wake = new Semaphore(0);
  private final Set<String> busy = ConcurrentHashMap.newKeySet();
  private final Set<Thread> senders = ConcurrentHashMap.newKeySet();
  private final Thread thread = Thread.ofPlatform().name("webhook-courier").unstarted(this::carry);
  private volatile boolean closed;

  Courier(Database database, WebhookStore store, GuardedPost post, Patience patience, Clock clock) {
    this.database = database;
    this.store = store;
    this.post = post;
    this.patience = patience;
    this.clock = clock;
  }

  void start() {
    thread.start();
  }

  /** Something is to be sent. */
  void wake() {
    wake.release();
  }

  private void carry() {
    while (!closed) {
      try {
        var wait = dispatch();
        wake.tryAcquire(Math.max(1, wait.toMillis()), TimeUnit.MILLISECONDS);
        wake.drainPermits();
      } catch (InterruptedException e) {
        return; // Only close interrupts.
      } catch (RuntimeException e) {
        if (closed) return;
        LOG.log(Level.ERROR, "webhooks could not be served; trying again in a minute", e);
        if (!rested()) return;
      }
    }
  }

  private static boolean rested() {
    try {
      Thread.sleep(IDLE);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  /** Begins what is due; says how long nothing else is. */
  private Duration dispatch() {
    int free = AT_ONCE - busy.size();
    if (free <= 0) return IDLE; // The end of any wakes us.
    var next = database.read(s -> store.listDue(s, new ArrayList<>(busy), free));
    for (var due : next) {
      var wait = Duration.ofMillis(due.at() - clock.millis());
      if (wait.isPositive()) return wait.compareTo(IDLE) < 0 ? wait : IDLE;
      busy.add(due.webhook());
      var sender = Thread.ofVirtual().name("webhook-sender").unstarted(() -> deliver(due));
      senders.add(sender);
      sender.start();
    }
    return IDLE;
  }

  private void deliver(WebhookStore.Due due) {
    try {
      var secret = database.read(s -> store.secret(s, due.webhook()));
      var outcome = send(due.id(), due.url(), secret, due.payload());
      if (closed) return;
      record(due, outcome);
    } catch (Unavailable e) {
      // The server is stopping; the row says that it is still to be sent.
    } catch (RuntimeException e) {
      if (!closed) LOG.log(Level.ERROR, "delivery=" + due.id() + " could not be noted", e);
    } finally {
      busy.remove(due.webhook());
      senders.remove(Thread.currentThread());
      wake();
    }
  }

  private void record(WebhookStore.Due due, Outcome outcome) {
    int attempts = due.attempts() + 1;
    boolean again = !outcome.taken() && attempts < patience.attempts() && mayPass(outcome);
    var state = outcome.taken() ? State.DELIVERED : again ? State.PENDING : State.FAILED;
    var now = clock.instant();
    var next = again ? now.plus(patience.after(attempts)) : now;
    database.writing(tx -> {
      store.replaceDelivery(tx, due.seq(), state, next, outcome, now);
      if (!again) store.deleteDone(tx, due.webhook(), Webhooks.KEPT);
    });
    if (state == State.FAILED)
      LOG.log(
          Level.INFO,
          "delivery={0} webhook={1} attempts={2} given up: {3}",
          due.id(),
          due.webhook(),
          attempts,
          outcome.error());
  }

  /** Whether it is worth trying again: not where the receiver, or we, said no. */
  private static boolean mayPass(Outcome outcome) {
    var status = outcome.statusCode();
    if (status == null) return !String.valueOf(outcome.error()).startsWith("refused");
    return status >= 500 || status == 429 || status == 408;
  }

  /** Signs and sends; a status from 200 to 299 says that it was taken. */
  Outcome send(String id, WebhookUrl url, String secret, String payload) {
    var timestamp = String.valueOf(clock.instant().getEpochSecond());
    var headers = new LinkedHashMap<String, String>();
    headers.put("Content-Type", "application/json");
    headers.put("X-MLflow-Delivery-Id", id);
    headers.put("X-MLflow-Timestamp", timestamp);
    if (!secret.isEmpty())
      headers.put("X-MLflow-Signature", signature(secret, id, timestamp, payload));
    return switch (post.send(url, headers, payload.getBytes(StandardCharsets.UTF_8))) {
      case GuardedPost.Reply.Answered(int status) when status < 300 -> new Outcome(status, null);
      case GuardedPost.Reply.Answered(int status) when status < 400 ->
          new Outcome(status, "it redirects, and redirects are not followed");
      case GuardedPost.Reply.Answered(int status) -> new Outcome(status, "it answered " + status);
      case GuardedPost.Reply.Unreachable(var why) -> new Outcome(null, why);
      case GuardedPost.Reply.Forbidden(var why) -> new Outcome(null, "refused: " + why);
    };
  }

  static String signature(String secret, String id, String timestamp, String payload) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      var signed = "%s.%s.%s".formatted(id, timestamp, payload);
      return "v1,"
          + Base64.getEncoder()
              .encodeToString(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // Every Java has HMAC-SHA256.
    }
  }

  /** Stops; what is under way ends unrecorded and is sent again at the next start. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    senders.forEach(Thread::interrupt);
    try {
      if (thread.isAlive()) thread.join();
      for (var sender : senders) sender.join(Duration.ofSeconds(1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
