package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.base.Failure;
import org.junit.jupiter.api.Test;

/** The messages are golden: the place, what is wrong, and the fix are what a user gets. */
class TriggerCheckTest {
  private static PipelineDefinition parse(String on) {
    return PipelineParser.parse(
        "p.yaml",
        "name: p\nparams: { day: { type: date, default: 2001-01-01 }, n: { type: integer, default: 1 } }\non: "
            + on
            + "\nsteps: { a: { uses: core/noop } }\n");
  }

  private static void refused(String on, String message) {
    assertThatThrownBy(() -> parse(on)).isInstanceOf(Failure.class).hasMessage("p.yaml:" + message);
  }

  @Test
  void everyKindIsRead() {
    var triggers =
        parse(
                """

                  schedule: [{ cron: "0 6 * * 1", timezone: America/New_York, missed: all, with: { day: "${{ trigger.date }}" } }]
                  dataset:  [{ name: flights, debounce: 30m, min-new-rows: 1000, with: { n: "${{ trigger.new_rows }}" } }]
                  pipeline: [{ name: other, outcome: ended }]
                  model:    [{ name: flight-delay, alias: champion }, { name: flight-delay }]
                  push:     [{ branch: main, paths: ["churn/**"] }]
                  alert:    [{ endpoint: flight-delay }]
                  drift:    [{ endpoint: churn }]
                """)
            .triggers();
    assertThat(triggers)
        .extracting(Trigger::text)
        .containsExactly(
            "schedule 0 6 * * 1 America/New_York",
            "dataset flights",
            "pipeline other ended",
            "model flight-delay@champion",
            "model flight-delay",
            "push main churn/**",
            "alert flight-delay",
            "alert churn");
  }

  @Test
  void unknownKeysNameTheNearest() {
    refused("{ shedule: [] }", "3:7: unknown key \"shedule\"; did you mean \"schedule\"?");
    refused(
        "{ dataset: [{ name: d, debunce: 3m }] }",
        "3:28: unknown key \"debunce\"; did you mean \"debounce\"?");
  }

  @Test
  void schedules() {
    refused("{ schedule: [{ missed: all }] }", "3:18: \"cron\" is missing here; add it");
    refused("{ schedule: [{ cron: \"0 0 31 2 *\" }] }", "3:26: cron \"0 0 31 2 *\" never comes");
    refused(
        "{ schedule: [{ cron: \"0 6 * * 1\", timezone: America/New_Yerk }] }",
        "3:49: timezone \"America/New_Yerk\" is not known; did you mean \"America/New_York\"?");
    refused(
        "{ schedule: [{ cron: \"0 6 * * 1\", missed: none }] }",
        "3:47: got \"none\", expected one of last, all, skip");
  }

  @Test
  void lengthsAndNumbers() {
    refused(
        "{ dataset: [{ name: d, debounce: soon }] }",
        "3:38: debounce: got \"soon\", expected a length such as 90s, 30m, 2h or 1d, of 30 days at most");
    refused(
        "{ dataset: [{ name: d, min-new-rows: 0 }] }",
        "3:42: min-new-rows: got 0, expected 1 or more");
  }

  @Test
  void parameters() {
    refused(
        "{ model: [{ name: m, with: { dat: 2001-01-01 } }] }",
        "3:34: the pipeline has no parameter \"dat\"; did you mean \"day\"?");
    refused(
        "{ model: [{ name: m, with: { n: many } }] }",
        "3:37: parameter n: got \"many\", expected a whole number");
    refused(
        "{ model: [{ name: m, with: { n: \"${{ trigger.verson }}\" } }] }",
        "3:37: a trigger of kind model has no \"verson\"; did you mean \"version\"?");
    refused(
        "{ model: [{ name: m, with: { n: \"${{ trigger }}\" } }] }",
        "3:37: expression \"trigger\": expected trigger.NAME");
    assertThatThrownBy(() -> parse("{ model: [{ name: m, with: { n: \"${{ params.n }}\" } }] }"))
        .hasMessageContaining("params");
    assertThatThrownBy(() ->
            PipelineParser.parse(
                "p.yaml",
                "name: p\nparams: { day: { type: date } }\non: { model: [{ name: m }] }\nsteps: { a: { uses: core/noop } }\n"))
        .hasMessage(
            "p.yaml:3:15: parameter \"day\" (date) has no default; give it here, as  with: { day: ... }");
  }

  @Test
  void noneTwiceAndNoneOfItself() {
    refused(
        "{ model: [{ name: m }, { name: m }] }",
        "3:28: the trigger \"model m\" stands here already");
    refused(
        "{ pipeline: [{ name: p }] }",
        "3:26: the pipeline p would start itself for ever; name another");
  }

  @Test
  void globs() {
    assertThat(Glob.matches("churn/**", "churn/a/b.sql")).isTrue();
    assertThat(Glob.matches("churn/*", "churn/a/b.sql")).isFalse();
    assertThat(Glob.matches("**/*.sql", "b.sql")).isTrue();
    assertThat(Glob.matches("**/*.sql", "a/c/b.sql")).isTrue();
    assertThat(Glob.matches("a/**/b", "a/b")).isTrue();
    assertThat(Glob.matches("a/**/b", "ab")).isFalse();
    assertThat(Glob.matches("a/**/b", "a/xb")).isFalse();
    assertThat(Glob.matches("release-*", "release-1.2")).isTrue();
    assertThat(Glob.matches("main", "main2")).isFalse();
    assertThat(Glob.matches("**", "")).isTrue();
    assertThat(Glob.matches("*".repeat(199) + "x", "a".repeat(4_000))).isFalse();
  }
}
