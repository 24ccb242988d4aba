package io.millrace.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Transaction;
import io.millrace.metadata.ExecutionId;
import io.millrace.registry.WebhookDelivery.State;
import io.millrace.registry.WebhookEvent.Action;
import io.millrace.registry.WebhookEvent.Entity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebhooksTest {
  private static final Courier.Patience QUICK = new Courier.Patience(3, Duration.ofMillis(5));
  private static final ModelName NAME = new ModelName("churn");
  private static final VersionId FIRST = new VersionId(NAME, 1);

  private record Call(Map<String, String> headers, String body) {
    JsonNode json() {
      return Json.parse(body);
    }
  }

  @TempDir Path folder;
  private final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();

  /** What the receiver answers, one after another; then 200. */
  private final BlockingQueue<Integer> answers = new LinkedBlockingQueue<>();

  private final AtomicInteger redirected = new AtomicInteger();
  private HttpServer receiver;
  private Database database;
  private Webhooks webhooks;

  @BeforeEach
  void start() throws IOException {
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext(
        "/hook",
        exchange -> {
          var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
          exchange
              .getRequestHeaders()
              .forEach((name, value) -> headers.put(name, value.getFirst()));
          var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          var answer = answers.poll();
          if (answer != null && answer == 302)
            exchange.getResponseHeaders().add("Location", "/elsewhere");
          exchange.sendResponseHeaders(answer == null ? 200 : answer, -1);
          exchange.close();
          calls.add(new Call(headers, body));
        });
    receiver.createContext(
        "/elsewhere",
        exchange -> {
          redirected.incrementAndGet();
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    receiver.start();
    database = Database.open(folder.resolve("millrace.db"));
    webhooks = opened(new GuardedPost(true));
    webhooks.start();
  }

  @AfterEach
  void stop() {
    webhooks.close();
    database.close();
    receiver.stop(0);
  }

  private Webhooks opened(GuardedPost post) {
    return new Webhooks(database, post, QUICK, Clock.systemUTC());
  }

  private Webhook hook(String secret, WebhookEvent... events) {
    return webhooks.create(wish(url(), secret, events));
  }

  private static Webhooks.Wish wish(String url, @Nullable String secret, WebhookEvent... events) {
    return new Webhooks.Wish("hook", new WebhookUrl(url), List.of(events), null, secret, null);
  }

  private String url() {
    return "http://127.0.0.1:%d/hook?a=b".formatted(receiver.getAddress().getPort());
  }

  private static WebhookEvent event(Entity entity, Action action) {
    return new WebhookEvent(entity, action);
  }

  private void tell(java.util.function.Consumer<Transaction> work) {
    database.writing(work);
  }

  private Call call() throws InterruptedException {
    var call = calls.poll(20, TimeUnit.SECONDS);
    assertThat(call).as("a call within 20 seconds").isNotNull();
    return call;
  }

  private List<WebhookDelivery> deliveries(String id, int limit) {
    return database.read(s -> webhooks.deliveries(s, id, limit));
  }

  private String secret(String id) {
    return database.read(s -> new WebhookStore().secret(s, id));
  }

  private WebhookDelivery settled(String id) throws InterruptedException {
    for (int i = 0; i < 2_000; i++) {
      var newest = deliveries(id, 1).getFirst();
      if (newest.state() != State.PENDING) return newest;
      TimeUnit.MILLISECONDS.sleep(10);
    }
    throw new AssertionError("still pending after 20 seconds");
  }

  @Test
  void aDeliveryIsSignedAndSaysWhatHappened() throws Exception {
    var hook = hook("s3cret", event(Entity.MODEL_VERSION_ALIAS, Action.CREATED));
    tell(tx -> webhooks.aliasCreated(tx, FIRST, new Alias("best")));
    var call = call();
    var id = call.headers().get("X-MLflow-Delivery-Id");
    var timestamp = call.headers().get("X-MLflow-Timestamp");
    var mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec("s3cret".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    var expected =
        mac.doFinal((id + "." + timestamp + "." + call.body()).getBytes(StandardCharsets.UTF_8));
    assertThat(call.headers())
        .containsEntry("X-MLflow-Signature", "v1," + Base64.getEncoder().encodeToString(expected))
        .containsEntry("Content-Type", "application/json")
        .containsEntry("Host", "127.0.0.1:" + receiver.getAddress().getPort());
    assertThat(call.json().path("timestamp").asText())
        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}\\+00:00");
    assertThat(call.json().path("entity").asText()).isEqualTo("model_version_alias");
    assertThat(call.json().path("action").asText()).isEqualTo("created");
    assertThat(call.json().path("data"))
        .isEqualTo(Json.parse("{\"name\":\"churn\",\"alias\":\"best\",\"version\":\"1\"}"));
    var delivery = settled(hook.id());
    assertThat(delivery.state()).isEqualTo(State.DELIVERED);
    assertThat(delivery.id()).isEqualTo(id);
    assertThat(delivery.outcome().statusCode()).isEqualTo(200);
  }

  @Test
  void aWebhookWithoutASecretSignsNothing() throws Exception {
    hook("", event(Entity.MODEL_VERSION_TAG, Action.DELETED));
    tell(tx -> webhooks.tagDeleted(tx, FIRST, "k"));
    assertThat(call().headers()).doesNotContainKey("X-MLflow-Signature");
  }

  @Test
  void aFailureIsTriedAgainUnderTheSameIdAndInOrder() throws Exception {
    answers.addAll(List.of(503, 500));
    var hook = hook("", event(Entity.MODEL_VERSION_TAG, Action.SET));
    tell(tx -> {
      webhooks.tagSet(tx, FIRST, "k", "1");
      webhooks.tagSet(tx, FIRST, "k", "2");
    });
    var heard = new ArrayList<String>();
    var ids = new ArrayList<String>();
    for (int i = 0; i < 4; i++) {
      var call = call();
      heard.add(call.json().at("/data/value").asText());
      ids.add(call.headers().get("X-MLflow-Delivery-Id"));
    }
    assertThat(heard).containsExactly("1", "1", "1", "2");
    assertThat(ids.subList(0, 3)).containsOnly(ids.getFirst());
    settled(hook.id());
    assertThat(deliveries(hook.id(), 10))
        .extracting(WebhookDelivery::attempts)
        .containsExactly(1, 3);
  }

  @Test
  void afterTheLastAttemptADeliveryIsGivenUp() throws Exception {
    answers.addAll(List.of(503, 503, 503, 503));
    var hook = hook("", event(Entity.MODEL_VERSION_TAG, Action.SET));
    tell(tx -> webhooks.tagSet(tx, FIRST, "k", "1"));
    var delivery = settled(hook.id());
    assertThat(delivery.state()).isEqualTo(State.FAILED);
    assertThat(delivery.attempts()).isEqualTo(3);
    assertThat(delivery.outcome().error()).isEqualTo("it answered 503");
  }

  @Test
  void aRedirectIsNotFollowedAndNotTriedAgain() throws Exception {
    answers.add(302);
    var hook = hook("", event(Entity.MODEL_VERSION_TAG, Action.SET));
    tell(tx -> webhooks.tagSet(tx, FIRST, "k", "1"));
    var delivery = settled(hook.id());
    assertThat(delivery.state()).isEqualTo(State.FAILED);
    assertThat(delivery.attempts()).isEqualTo(1);
    assertThat(redirected).hasValue(0);
  }

  @Test
  void whatWasNotSentIsSentAfterTheNextStart() throws Exception {
    var hook = hook("", event(Entity.MODEL_VERSION_TAG, Action.SET));
    webhooks.close();
    tell(tx -> webhooks.tagSet(tx, FIRST, "k", "1"));
    assertThat(calls).isEmpty();
    database.close();
    database = Database.open(folder.resolve("millrace.db"));
    webhooks = opened(new GuardedPost(true));
    webhooks.start();
    assertThat(call().json().at("/data/value").asText()).isEqualTo("1");
    assertThat(settled(hook.id()).state()).isEqualTo(State.DELIVERED);
  }

  @Test
  void anEventThatIsRolledBackIsToldToNobody() {
    var hook = hook("", event(Entity.MODEL_VERSION_TAG, Action.SET));
    assertThatThrownBy(() ->
            tell(tx -> {
              webhooks.tagSet(tx, FIRST, "k", "1");
              throw new NotFound("nothing");
            }))
        .isInstanceOf(NotFound.class);
    assertThat(deliveries(hook.id(), 1)).isEmpty();
  }

  @Test
  void promptsHaveEventsOfTheirOwn() throws Exception {
    hook("", WebhookEvent.all().toArray(WebhookEvent[]::new));
    var tags = new TreeMap<>(Map.of(RegisteredModel.PROMPT, "true", "mlflow.prompt.text", "Hi!"));
    var prompt =
        new RegisteredModel(NAME, "d", 0, new TreeMap<>(), tags, Instant.EPOCH, Instant.EPOCH);
    tell(tx -> {
      var store = new RegistryStore();
      store.insertModel(tx, NAME, "d", Instant.EPOCH);
      store.replaceTags(tx, NAME, tags);
      webhooks.modelCreated(tx, prompt);
      webhooks.versionCreated(
          tx,
          new ModelVersion(
              FIRST,
              null,
              null,
              "mlflow",
              new ExecutionId(1),
              Instant.EPOCH,
              new VersionCard("u", "", "", "", "", "None", Instant.EPOCH, tags)));
      webhooks.modelTagSet(tx, prompt, "k", "v");
      webhooks.aliasDeleted(tx, NAME, new Alias("best"));
    });
    var created = call().json();
    assertThat(created.path("entity").asText()).isEqualTo("prompt");
    assertThat(created.at("/data/tags").has(RegisteredModel.PROMPT)).isFalse();
    var version = call().json();
    assertThat(version.path("entity").asText()).isEqualTo("prompt_version");
    assertThat(version.at("/data/template").asText()).isEqualTo("Hi!");
    assertThat(call().json().path("entity").asText()).isEqualTo("prompt_tag");
    assertThat(call().json().path("entity").asText()).isEqualTo("prompt_alias");
  }

  @Test
  void aDisabledWebhookIsNotTold() {
    var hook = hook("", event(Entity.MODEL_VERSION_TAG, Action.SET));
    webhooks.change(
        hook.id(), new Webhooks.Wish(null, null, List.of(), null, null, Webhook.Status.DISABLED));
    tell(tx -> webhooks.tagSet(tx, FIRST, "k", "1"));
    assertThat(deliveries(hook.id(), 1)).isEmpty();
  }

  @Test
  void anEmptySecretTakesItAwayAndNothingKeepsIt() {
    var hook = hook("s3cret", event(Entity.MODEL_VERSION_TAG, Action.SET));
    assertThat(hook.toString()).doesNotContain("s3cret");
    assertThat(wish(url(), "s3cret").toString()).doesNotContain("s3cret");
    var same = new Webhooks.Wish(null, null, List.of(), "described", null, null);
    webhooks.change(hook.id(), same);
    assertThat(secret(hook.id())).isEqualTo("s3cret");
    webhooks.change(hook.id(), new Webhooks.Wish(null, null, List.of(), "", "", null));
    assertThat(secret(hook.id())).isEmpty();
    assertThat(database.read(s -> webhooks.webhook(s, hook.id())).description()).isEmpty();
  }

  @Test
  void everyEventHasAnExample() throws Exception {
    var hook = hook("k", event(Entity.PROMPT, Action.CREATED));
    for (var event : WebhookEvent.all().toList()) {
      assertThat(webhooks.test(hook.id(), event).taken()).isTrue();
      assertThat(call().json().path("data").path("name").asText()).startsWith("example_");
    }
  }

  @Test
  void aNameThatMovesToAPrivateAddressReachesNobody() throws Exception {
    var resolved = new AtomicInteger();
    GuardedPost.Resolver rebinding =
        _ ->
            List.of(
                InetAddress.getByName(
                    resolved.getAndIncrement() == 0 ? "93.184.216.34" : "127.0.0.1"));
    webhooks.close();
    webhooks =
        opened(
            new GuardedPost(
                false,
                rebinding,
                (SSLSocketFactory) SSLSocketFactory.getDefault(),
                Duration.ofSeconds(5)));
    webhooks.start();
    var url = "https://moves.example:%d/hook".formatted(receiver.getAddress().getPort());
    var hook = webhooks.create(wish(url, "", event(Entity.MODEL_VERSION_TAG, Action.SET)));
    tell(tx -> webhooks.tagSet(tx, FIRST, "k", "1"));
    var delivery = settled(hook.id());
    assertThat(delivery.outcome().error())
        .isEqualTo("refused: host \"moves.example\" is not public");
    assertThat(delivery.attempts()).isEqualTo(1);
    assertThat(calls).isEmpty();
  }

  @Test
  void theAddressThatWasJudgedIsTheOneThatIsCalled() throws Exception {
    var resolved = new AtomicInteger();
    GuardedPost.Resolver once =
        _ -> {
          if (resolved.getAndIncrement() > 0) throw new AssertionError("resolved twice");
          return List.of(InetAddress.getLoopbackAddress());
        };
    var post =
        new GuardedPost(
            true, once, (SSLSocketFactory) SSLSocketFactory.getDefault(), Duration.ofSeconds(5));
    var url = "http://named.example:%d/hook".formatted(receiver.getAddress().getPort());
    assertThat(post.send(new WebhookUrl(url), Map.of(), new byte[0]))
        .isEqualTo(new GuardedPost.Reply.Answered(200));
    assertThat(call().headers().get("Host")).startsWith("named.example:");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:a9fe:a9fe]/",
        "https://169.254.169.254/",
        "https://[fd00:ec2::254]/",
        "https://10.0.0.1/",
        "https://172.31.255.255/",
        "https://192.168.1.1/",
        "https://100.64.0.1/",
        "https://198.18.0.1/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[fe80::1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://localhost/",
        "https://168.63.129.16/",
        "http://1.1.1.1/",
        "https://a@1.1.1.1/",
        "https://1.1.1.1/#x",
        "https://1.1.1.1:0/",
        "file:///etc/passwd",
        "https:///x",
        "https://",
        "//1.1.1.1/",
        "https://①②⑦.⓪.⓪.①/",
        " https://1.1.1.1/"
      })
  void whatIsNotAPublicHttpsAddressIsRefused(String url) {
    var guarded = opened(new GuardedPost(false));
    assertThatThrownBy(() -> guarded.create(wish(url, "", event(Entity.PROMPT, Action.CREATED))))
        .isInstanceOf(InvalidInput.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://1.1.1.1/hook",
        "https://1.1.1.1:8443/a?b=c",
        "https://[2606:4700:4700::1111]/",
        "HTTPS://8.8.8.8"
      })
  void aPublicAddressIsTaken(String url) {
    var guarded = opened(new GuardedPost(false));
    assertThat(guarded.create(wish(url, "", event(Entity.PROMPT, Action.CREATED))).url().text())
        .isEqualTo(url);
  }
}
