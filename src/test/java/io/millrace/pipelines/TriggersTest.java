package io.millrace.pipelines;

import static io.millrace.pipelines.TriggerRoom.pipeline;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Refused;
import io.millrace.base.TooLarge;
import io.millrace.pipelines.Firing.State;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TriggersTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @TempDir Path folder;
  private TriggerRoom room;

  @BeforeEach
  void open() {
    room = new TriggerRoom(folder);
  }

  @AfterEach
  void close() {
    room.close();
  }

  @Test
  void aFiringWhosePipelineSkipsRunsBesideOthersSaysSo() {
    room.apply(
        """
        name: p
        concurrency: { group: p, policy: skip }
        on: { schedule: [{ cron: "* * * * *" }] }
        steps: { only: { uses: test/hold } }
        """);
    room.tickAfter(MINUTE);
    room.tickAfter(MINUTE);
    assertThat(room.states()).isEqualTo("started refused");
    assertThat(room.last().error())
        .startsWith(
            "skipped: run %s of the concurrency group".formatted(room.firings().getLast().run()));
  }

  // Schedules

  @Test
  void aScheduleFiresOnceWhenItsTimeComes() {
    room.apply(
        """
        name: p
        params: { day: { type: date } }
        on:
          schedule: [{ cron: "0 6 * * *", with: { day: "${{ trigger.date }}" } }]
        steps: { only: { uses: core/noop } }
        """);
    room.triggers.tick();
    assertThat(room.firings()).isEmpty();
    room.tickAfter(MINUTE);
    room.tickAfter(MINUTE);
    room.settle();
    assertThat(room.states()).isEqualTo("started");
    var firing = room.last();
    assertThat(firing.evidence().path("at").asText()).isEqualTo("2026-03-02T06:00:00Z");
    assertThat(firing.params()).hasToString("{\"day\":\"2026-03-02\"}");
    assertThat(room.pipelines.run(firing.run()).params()).isEqualTo(firing.params());
    assertThat(room.triggers.firingOf(firing.run())).contains(firing);
  }

  @Test
  void ofTheTimesThatWereMissedTheLastIsMadeGoodOrAllOrNone() {
    room.apply(
        pipeline("last", "schedule: [{ cron: \"0 * * * *\" }]"),
        pipeline("all", "schedule: [{ cron: \"0 * * * *\", missed: all }]"),
        pipeline("skip", "schedule: [{ cron: \"0 * * * *\", missed: skip }]"));
    room.reopen();
    room.tickAfter(Duration.ofMinutes(200));
    room.settle();
    assertThat(room.triggers.firings("last", 10))
        .extracting(f -> f.evidence().path("at").asText())
        .containsExactly("2026-03-02T09:00:00Z");
    assertThat(room.triggers.firings("all", 10))
        .extracting(f -> f.evidence().path("at").asText())
        .containsExactly(
            "2026-03-02T09:00:00Z",
            "2026-03-02T08:00:00Z",
            "2026-03-02T07:00:00Z",
            "2026-03-02T06:00:00Z");
    assertThat(room.triggers.firings("skip", 10)).isEmpty();
    room.clock.now = Instant.parse("2026-03-02T10:00:02Z");
    room.settle();
    assertThat(room.triggers.firings("skip", 10)).hasSize(1);
  }

  @Test
  void veryManyMissedTimesAreTakenBitByBit() {
    room.apply(pipeline("all", "schedule: [{ cron: \"* * * * *\", missed: all }]"));
    room.tickAfter(Duration.ofMinutes(150));
    assertThat(room.triggers.firings("all", 1_000)).hasSize(100);
    room.settle();
    room.settle();
    assertThat(room.triggers.firings("all", 1_000)).hasSize(150);
    assertThat(room.firings()).allMatch(f -> f.state() == State.STARTED);
  }

  @Test
  void aLongPauseOfAFrequentScheduleIsQuicklyMadeGood() {
    room.apply(pipeline("often", "schedule: [{ cron: \"* * * * *\" }]"));
    room.tickAfter(Duration.ofDays(3_000));
    assertThat(room.firings()).hasSize(1);
  }

  @Test
  void theNextTimesAreListed() {
    room.apply(pipeline("p", "schedule: [{ cron: \"0 6 * * *\" }]"));
    var listed = room.triggers.list("p").getFirst();
    assertThat(listed.trigger()).isEqualTo("schedule 0 6 * * * Z");
    assertThat(listed.next().getFirst()).isEqualTo(Instant.parse("2026-03-02T06:00:00Z"));
    assertThat(listed.next()).hasSize(3);
    assertThatThrownBy(() -> room.triggers.list("q")).isInstanceOf(NotFound.class);
  }

  // Datasets

  private void version(int number, long rows, long newRows) {
    room.database.writing(
        tx -> room.events.datasetVersion(tx, "flights", number, rows, newRows, null));
  }

  @Test
  void eachVersionOfADatasetFires() {
    room.apply(
        pipeline("p", "dataset: [{ name: flights }]"), pipeline("q", "dataset: [{ name: other }]"));
    version(1, 100, 100);
    version(2, 150, 50);
    room.settle();
    assertThat(room.triggers.firings("p", 9))
        .extracting(f -> f.evidence().path("version").asInt())
        .containsExactly(2, 1);
    assertThat(room.triggers.firings("q", 9)).isEmpty();
  }

  @Test
  void versionsThatFollowSoonAreOneFiring() {
    room.apply(pipeline("p", "dataset: [{ name: flights, debounce: 30m }]"));
    version(1, 100, 100);
    room.tickAfter(Duration.ofMinutes(20));
    version(2, 150, 50);
    room.tickAfter(Duration.ofMinutes(20));
    assertThat(room.states()).isEqualTo("due");
    room.tickAfter(Duration.ofMinutes(10));
    assertThat(room.states()).isEqualTo("started");
    var evidence = room.last().evidence();
    assertThat(evidence.path("version").asInt()).isEqualTo(2);
    assertThat(evidence.path("versions").asInt()).isEqualTo(2);
    assertThat(evidence.path("new_rows").asInt()).isEqualTo(150);
    version(3, 160, 10);
    assertThat(room.states()).isEqualTo("started due");
  }

  @Test
  void rowsAreGatheredUntilThereAreEnough() {
    room.apply(pipeline("p", "dataset: [{ name: flights, min-new-rows: 1000 }]"));
    version(1, 600, 600);
    version(2, 500, -100);
    room.tickAfter(Duration.ofDays(1));
    assertThat(room.states()).isEqualTo("gathering");
    room.reopen();
    version(3, 900, 400);
    room.settle();
    assertThat(room.states()).isEqualTo("started");
    assertThat(room.last().evidence().path("new_rows").asInt()).isEqualTo(1_000);
  }

  @Test
  void whatWaitsForATriggerThatIsGoneIsRefused() {
    room.apply(pipeline("p", "dataset: [{ name: flights, debounce: 30m }]"));
    version(1, 1, 1);
    room.apply(pipeline("p", "dataset: [{ name: other }]"));
    assertThat(room.last().error()).isEqualTo("the pipeline no longer has this trigger");
    room.apply(pipeline("p", "dataset: [{ name: flights, debounce: 1h }]"));
    version(2, 1, 0);
    room.apply();
    assertThat(room.states()).isEqualTo("refused refused");
  }

  // Models, pipelines, alerts

  @Test
  void aMovedAliasAndANewVersionAreTwoThings() {
    room.apply(
        pipeline("alias", "model: [{ name: m, alias: champion }]"),
        pipeline("version", "model: [{ name: m }]"));
    room.database.writing(tx -> {
      room.events.modelVersion(tx, "m", 3);
      room.events.aliasMoved(tx, "m", 3, "champion");
      room.events.aliasMoved(tx, "m", 3, "other");
    });
    room.settle();
    assertThat(room.triggers.firings("version", 9)).hasSize(1);
    var alias = room.triggers.firings("alias", 9);
    assertThat(alias).hasSize(1);
    assertThat(alias.getFirst().evidence().path("alias").asText()).isEqualTo("champion");
  }

  @Test
  void anEventThatIsRolledBackFiresNothing() {
    room.apply(pipeline("p", "model: [{ name: m }]"));
    assertThatThrownBy(() ->
            room.database.writing(tx -> {
              room.events.modelVersion(tx, "m", 1);
              throw new Refused("no");
            }))
        .isInstanceOf(Refused.class);
    assertThat(room.firings()).isEmpty();
  }

  @Test
  void anEndedRunStartsWhatWaitsForItsOutcome() {
    room.apply(
        "name: first\nsteps: { only: { uses: core/noop } }\n",
        pipeline("good", "pipeline: [{ name: first }]"),
        pipeline("bad", "pipeline: [{ name: first, outcome: failed }]"),
        pipeline("any", "pipeline: [{ name: first, outcome: ended }]"));
    var run = room.pipelines.start("first", Map.of(), true);
    room.pipelines.await(run.id(), Bench.LONG);
    room.settle();
    assertThat(room.firings())
        .extracting(Firing::pipeline)
        .containsExactlyInAnyOrder("good", "any");
    assertThat(room.last().evidence().path("run").asText()).isEqualTo(run.id());
  }

  @Test
  void pipelinesThatStartEachOtherStopInTheEnd() {
    room.apply(
        pipeline("a", "pipeline: [{ name: b, outcome: ended }]"),
        pipeline("b", "pipeline: [{ name: a, outcome: ended }]"));
    room.pipelines.await(room.pipelines.start("a", Map.of(), true).id(), Bench.LONG);
    room.settle();
    assertThat(room.firings()).hasSize(17);
    assertThat(room.last().error())
        .isEqualTo(
            "it would be number 17 of a chain of runs that start one another, and 16 is the most: see whether pipelines trigger each other in a circle");
  }

  @Test
  void aPipelineThatRegistersWhatItWaitsForStopsToo() {
    room.apply(pipeline("a", "model: [{ name: m }]", "{ uses: test/register }"));
    room.database.writing(tx -> room.events.modelVersion(tx, "m", 1));
    room.settle();
    assertThat(room.firings()).hasSize(17);
    assertThat(room.last().state()).isEqualTo(State.REFUSED);
  }

  @Test
  void anAlertCarriesItsEvidence() {
    room.apply(
        """
        name: p
        params: { column: { type: text } }
        on:
          drift: [{ endpoint: churn, with: { column: "of ${{ trigger.evidence.column }}" } }]
        steps: { only: { uses: core/noop } }
        """);
    room.triggers.alert("churn", Json.parse("{\"column\": \"age\"}"));
    room.triggers.alert("churn", Json.parse("{\"column\": [1]}"));
    room.triggers.alert("churn", Json.object());
    room.triggers.alert("other", Json.object());
    room.settle();
    assertThat(room.states()).isEqualTo("started refused refused");
    assertThat(room.firings().getLast().params()).hasToString("{\"column\":\"of age\"}");
    assertThat(room.last().error()).startsWith("with column: ");
  }

  @Test
  void whatThePipelineRefusesIsRefusedWithItsReason() {
    room.apply(
        """
        name: p
        params: { n: { type: integer } }
        on:
          alert: [{ endpoint: e, with: { n: "${{ trigger.evidence.n }}" } }]
        steps: { only: { uses: core/noop } }
        """);
    room.triggers.alert("e", Json.parse("{\"n\": \"many\"}"));
    room.settle();
    assertThat(room.last().error()).isEqualTo("parameter n: got \"many\", expected a whole number");
    assertThat(room.pipelines.runs("p")).isEmpty();
  }

  @Test
  void aPipelineIsFiredAsSuch() {
    room.apply("name: p\nparams: { n: { type: integer } }\nsteps: { only: { uses: core/noop } }\n");
    assertThatThrownBy(() -> room.triggers.call("p", Map.of(), Json.object()))
        .isInstanceOf(InvalidInput.class);
    room.triggers.call("p", Map.of("n", Json.tree("7")), Json.parse("{\"ticket\": 12}"));
    room.settle();
    assertThat(room.last().params()).hasToString("{\"n\":7}");
    assertThat(room.last().evidence().path("evidence").path("ticket").asInt()).isEqualTo(12);
  }

  // Exactly once

  @Test
  void whatWasDueWhenTheProgramWasKilledStartsOnce() {
    room.apply(pipeline("p", "model: [{ name: m }]"));
    room.database.writing(tx -> room.events.modelVersion(tx, "m", 1));
    room.reopen();
    room.settle();
    room.reopen();
    room.settle();
    assertThat(room.states()).isEqualTo("started");
    assertThat(room.pipelines.runs("p")).hasSize(1);
  }

  @Test
  void aRunWhoseFiringCannotBeNotedIsNotMade() {
    room.apply(pipeline("p", "model: [{ name: m }]"));
    assertThatThrownBy(() ->
            room.pipelines.start(
                "p",
                Map.of(),
                true,
                (_, _) -> {
                  throw new Refused("killed");
                }))
        .isInstanceOf(Refused.class);
    assertThat(room.pipelines.runs("p")).isEmpty();
  }

  @Test
  void aBusyServerStartsItLater() {
    room.apply(
        "name: long\nsteps: { only: { uses: test/hold } }\n",
        pipeline("p", "model: [{ name: m }]"));
    for (int i = 0; i < Pipelines.MOST_LIVE; i++) room.pipelines.start("long", Map.of(), true);
    room.database.writing(tx -> room.events.modelVersion(tx, "m", 1));
    room.triggers.tick();
    assertThat(room.states()).isEqualTo("due");
    room.release.countDown();
    for (var run : room.pipelines.runs("long")) room.pipelines.await(run.id(), Bench.LONG);
    room.tickAfter(Duration.ofSeconds(5));
    assertThat(room.states()).isEqualTo("started");
  }

  // Pushes

  private static final String PUSH =
      """
      {"ref": "refs/heads/main", "after": "c0ffee", "repository": {"full_name": "acme/models"},
       "commits": [{"added": ["churn/a/new.sql"], "modified": [], "removed": ["x.txt"]}]}\
      """;

  private java.util.List<Firing> push(String body) {
    var bytes = body.getBytes(StandardCharsets.UTF_8);
    return room.triggers.push(PushReader.signature(TriggerRoom.SECRET, bytes), "push", bytes);
  }

  @Test
  void aPushFiresWhatWaitsForItsBranchAndPaths() {
    room.apply(
        pipeline("churn", "push: [{ branch: main, paths: [\"churn/**\"] }]"),
        pipeline("other", "push: [{ branch: main, paths: [\"other/**\"] }]"),
        pipeline("any", "push: [{ branch: \"*\" }]"),
        pipeline("branch", "push: [{ branch: release }]"));
    assertThat(push(PUSH)).extracting(Firing::pipeline).containsExactly("any", "churn");
    assertThat(room.last().evidence().path("commit").asText()).isEqualTo("c0ffee");
    assertThat(push(PUSH)).as("told again").isEmpty();
    assertThat(push(PUSH.replace("main", "release"))).hasSize(2);
    assertThat(push(PUSH.replace("refs/heads/main", "refs/tags/v1"))).isEmpty();
    room.settle();
    assertThat(room.states()).isEqualTo("started started started started");
  }

  @Test
  void aPushOfWrongOrNoSignatureIsRefused() {
    room.apply(pipeline("any", "push: [{ branch: \"*\" }]"));
    var body = PUSH.getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> room.triggers.push(null, "push", body))
        .isInstanceOf(Refused.class)
        .hasMessageContaining("X-Hub-Signature-256 is missing");
    var wrong = PushReader.signature("another secret", body);
    assertThatThrownBy(() -> room.triggers.push(wrong, "push", body))
        .isInstanceOf(Refused.class)
        .hasMessageContaining("is not the signature of this body");
    try (var none = new Triggers(room.database, room.pipelines, null, room.clock)) {
      var right = PushReader.signature(TriggerRoom.SECRET, body);
      assertThatThrownBy(() -> none.push(right, "push", body))
          .isInstanceOf(Refused.class)
          .hasMessageContaining("MILLRACE_PUSH_SECRET");
    }
    assertThatThrownBy(() -> room.triggers.push("", "push", new byte[PushReader.MOST_BYTES + 1]))
        .isInstanceOf(TooLarge.class);
    assertThatThrownBy(() -> push("{}")).isInstanceOf(InvalidInput.class);
    var ping = "{}".getBytes(StandardCharsets.UTF_8);
    assertThat(room.triggers.push(PushReader.signature(TriggerRoom.SECRET, ping), "ping", ping))
        .isEmpty();
    assertThat(room.firings()).isEmpty();
  }

  // Backfills

  private static Backfill backfill(String from, String to, String every, int atOnce) {
    return new Backfill(
        "day", LocalDate.parse(from), LocalDate.parse(to), Backfill.every(every), atOnce, Map.of());
  }

  @Test
  void theDatesOfABackfill() {
    assertThat(backfill("2001-01-31", "2001-04-30", "1mo", 1).dates())
        .extracting(LocalDate::toString)
        .containsExactly("2001-01-31", "2001-02-28", "2001-03-31", "2001-04-30");
    assertThat(backfill("2001-01-01", "2001-01-15", "1w", 1).dates()).hasSize(3);
    assertThatThrownBy(() -> backfill("2001-01-01", "2004-01-01", "1d", 1).dates())
        .hasMessageContaining("more than 1000 dates");
    assertThatThrownBy(() -> Backfill.every("month")).hasMessageContaining("1mo");
    assertThatThrownBy(() -> backfill("2001-01-02", "2001-01-01", "1d", 1))
        .hasMessageContaining("not before");
  }

  @Test
  void aBackfillRunsEachDateAndNotTooManyAtOnce() {
    room.apply("name: p\nparams: { day: { type: date } }\nsteps: { only: { uses: test/hold } }\n");
    assertThat(room.triggers.backfill("p", backfill("2001-01-01", "2001-01-05", "1d", 2), true))
        .hasSize(5);
    assertThat(room.firings()).isEmpty();
    room.triggers.backfill("p", backfill("2001-01-01", "2001-01-05", "1d", 2), false);
    assertThatThrownBy(
            () -> room.triggers.backfill("p", backfill("2002-01-01", "2004-09-24", "1d", 2), false))
        .hasMessageStartingWith("5 dates of earlier backfills of pipeline p wait still");
    room.triggers.tick();
    assertThat(room.states()).isEqualTo("started started due due due");
    room.release.countDown();
    room.settle();
    assertThat(room.pipelines.runs("p"))
        .extracting(run -> run.params().path("day").asText())
        .containsExactlyInAnyOrder(
            "2001-01-01", "2001-01-02", "2001-01-03", "2001-01-04", "2001-01-05");
  }

  @Test
  void aBackfillThatThePipelineWouldRefuseIsRefusedWhole() {
    room.apply("name: p\nparams: { dya: { type: date } }\nsteps: { only: { uses: core/noop } }\n");
    assertThatThrownBy(
            () -> room.triggers.backfill("p", backfill("2001-01-01", "2001-01-05", "1d", 2), true))
        .hasMessageContaining("no parameter \"day\"");
  }
}
