package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Edits of a small project: exactly the steps that must run do run, and the plan said so before. In
 * between, the project is put back: then nothing runs, as all of it is in the cache.
 */
class PlanMutationTest {
  @TempDir Path folder;
  private PlanBench bench;
  private final SoftAssertions claims = new SoftAssertions();
  private int edits;

  @BeforeEach
  void open() {
    bench = new PlanBench(folder);
    bench.register("people", PlanBench.PEOPLE);
    bench.register("cities", PlanBench.CITIES);
    bench.definitions.apply(PlanBench.files(PlanBench.texts()));
    assertThat(bench.run().state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(bench.planned(PlanBench.texts()).keySet()).containsExactly(Verdict.UNAFFECTED);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  /** After the edit exactly these steps run. */
  private void edit(String what, Consumer<TreeMap<String, String>> edit, String... run) {
    var texts = PlanBench.texts();
    edit.accept(texts);
    compare(what, texts, Set.of(run), true);
    back(what);
  }

  private void data(String what, String name, String csv, String before, String... run) {
    bench.register(name, csv);
    compare(what, PlanBench.texts(), Set.of(run), false);
    bench.register(name, before);
    back(what);
  }

  private void compare(
      String what, TreeMap<String, String> texts, Set<String> expected, boolean apply) {
    edits++;
    var planned = bench.planned(texts);
    if (apply) bench.definitions.apply(PlanBench.files(texts));
    var run = bench.run();
    var states = PlanBench.byState(run);
    var ran = states.getOrDefault(StepState.RAN, Set.of());
    claims.assertThat(run.state()).as(what).isEqualTo(RunState.SUCCEEDED);
    claims.assertThat(ran).as(what + ": ran").isEqualTo(new TreeSet<>(expected));
    claims
        .assertThat(PlanBench.union(planned, Verdict.MUST_RUN))
        .as(what + ": must run")
        .isSubsetOf(ran);
    claims
        .assertThat(PlanBench.union(planned, Verdict.MUST_RUN, Verdict.CONDITIONAL))
        .as(what + ": may run")
        .containsAll(ran);
    claims
        .assertThat(states.getOrDefault(StepState.CACHED, Set.of()))
        .as(what + ": from the cache")
        .containsAll(PlanBench.union(planned, Verdict.UNAFFECTED, Verdict.RESTORED));
    var skipped = states.getOrDefault(StepState.SKIPPED, Set.of());
    claims
        .assertThat(skipped)
        .as(what + ": skipped")
        .containsAll(PlanBench.union(planned, Verdict.SKIPPED));
    claims
        .assertThat(PlanBench.union(planned, Verdict.SKIPPED, Verdict.CONDITIONAL))
        .as(what + ": may be skipped")
        .containsAll(skipped);
    claims.assertThat(PlanBench.union(planned, Verdict.UNKNOWN)).as(what + ": unknown").isEmpty();
  }

  private void back(String what) {
    var texts = PlanBench.texts();
    var planned = bench.planned(texts);
    claims
        .assertThat(planned.keySet())
        .as("back from " + what)
        .isSubsetOf(Verdict.RESTORED, Verdict.UNAFFECTED);
    bench.definitions.apply(PlanBench.files(texts));
    claims
        .assertThat(PlanBench.byState(bench.run()).keySet())
        .as("back from " + what)
        .isEqualTo(Set.of(StepState.CACHED));
  }

  private static Consumer<TreeMap<String, String>> pipeline(String from, String to) {
    return replace("pipelines/small.yaml", from, to);
  }

  private static Consumer<TreeMap<String, String>> replace(String path, String from, String to) {
    return texts ->
        texts.computeIfPresent(
            path,
            (_, text) -> {
              assertThat(text).contains(from);
              return text.replace(from, to);
            });
  }

  @Test
  void exactlyWhatMustRunDoesRunAndThePlanSaidSo() {
    edit("a description", pipeline("people and their cities", "townsfolk"));
    edit("a comment", pipeline("steps:\n", "# a comment\nsteps:\n"));
    edit("a parameter nobody uses", pipeline("default: nothing", "default: something"));
    edit(
        "a parameter more", pipeline("params:\n", "params:\n  more: { type: text, default: x }\n"));
    edit(
        "a timeout",
        pipeline("{ uses: core/value, needs", "{ timeout-minutes: 5, uses: core/value, needs"));
    edit(
        "a default that is written out",
        pipeline(
            "by: hash, column: id, test: 0.5, seed: 3",
            "by: hash, column: id, seed: 3, test: 0.5"));
    edit("the order of steps", texts -> swap(texts, "  names:", "  cities:"));
    edit("a need more", pipeline("label:  { uses", "label:  { needs: [cities], uses"));
    edit("a seed of equal parity", pipeline("default: 7", "default: 9"), "seed");
    edit("a seed of other parity", pipeline("default: 7", "default: 8"), "seed", "parity", "label");
    edit("a threshold that keeps the same rows", pipeline("default: 30", "default: 31"), "adults");
    edit(
        "a threshold that keeps fewer rows",
        pipeline("default: 30", "default: 40"),
        "adults",
        "check",
        "split");
    edit("a split's seed", pipeline("seed: 3", "seed: 4"), "split", "publish");
    edit("a query's white space", replace("queries/names.sql", "id, name", "id,  name"), "names");
    edit("a query's columns", replace("queries/names.sql", "id, name", "name, id"), "names");
    edit(
        "a query that others read",
        replace("queries/adults.sql", "id, age, city", "id, age + 1 as age, city"),
        "adults",
        "check",
        "split",
        "publish");
    edit("a helper file nobody names", replace("queries/idle.sql", "1", "2"));
    edit("a file more", texts -> texts.put("queries/more.sql", "select 3 as three"));
    edit("a file of another name", moved("queries/names.sql", "queries/called.sql"));
    edit(
        "a contract that keeps all", replace("contracts/adults.yaml", "min: 0", "min: 1"), "check");
    edit(
        "a condition that turns false",
        pipeline("type: boolean, default: true", "type: boolean, default: false"),
        "gate");
    edit("a condition that is gone", pipeline("if: \"${{ steps.gate.outputs.value }}\", ", ""));
    edit("a step of another name", pipeline("  after: ", "  later: "));
    edit(
        "a step more",
        texts ->
            texts.computeIfPresent(
                "pipelines/small.yaml",
                (_, t) -> t + "  more: { uses: core/value, with: { value: new } }\n"),
        "more");
    edit(
        "a step less",
        texts ->
            texts.computeIfPresent(
                "pipelines/small.yaml", (_, t) -> t.replaceAll("(?m)^  label:.*\n", "")));
    edit(
        "another component",
        pipeline(
            "after:  { uses: core/value, needs: [extra], with: { value: last } }",
            "after:  { uses: core/noop, needs: [extra] }"),
        "after");
    edit("who owns the project", replace("millrace.yaml", "ana@", "bob@"));
    data(
        "a column that one query reads",
        "people",
        PlanBench.PEOPLE.replace("Ada", "Ann"),
        PlanBench.PEOPLE,
        "adults",
        "names");
    data(
        "a row that the threshold drops",
        "people",
        PlanBench.PEOPLE.replace("19,2", "20,2"),
        PlanBench.PEOPLE,
        "adults",
        "names");
    data(
        "a row more",
        "people",
        PlanBench.PEOPLE + "7,Gus,70,1\n",
        PlanBench.PEOPLE,
        "adults",
        "names",
        "check",
        "split");
    data("another dataset", "cities", PlanBench.CITIES + "3,Bern\n", PlanBench.CITIES, "cities");
    claims.assertThat(edits).isGreaterThanOrEqualTo(20);
    claims.assertAll();
  }

  private static void swap(TreeMap<String, String> texts, String first, String second) {
    texts.computeIfPresent(
        "pipelines/small.yaml",
        (_, text) -> {
          var lines = new ArrayList<>(text.lines().toList());
          int a = index(lines, first);
          int b = index(lines, second);
          Collections.swap(lines, a, b);
          return String.join("\n", lines) + "\n";
        });
  }

  private static int index(List<String> lines, String start) {
    for (int i = 0; i < lines.size(); i++) if (lines.get(i).startsWith(start)) return i;
    throw new AssertionError(start);
  }

  private static Consumer<TreeMap<String, String>> moved(String from, String to) {
    return texts -> {
      texts.put(to, texts.remove(from));
      pipeline(from, to).accept(texts);
    };
  }

  @Test
  void anotherProgramRunsEverything() {
    bench.close();
    bench = new PlanBench(folder, "program-2");
    var planned = bench.planned(PlanBench.texts());
    assertThat(PlanBench.union(planned, Verdict.MUST_RUN))
        .containsExactlyInAnyOrder("adults", "names", "cities", "seed", "gate");
    assertThat(PlanBench.byState(bench.run()).keySet()).isEqualTo(Set.of(StepState.RAN));
    assertThat(planned).isNotEqualTo(Map.of());
  }
}
