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
    edit(
        "a description of a parameter",
        pipeline("default: 30 }", "default: 30, description: age }"));
    edit(
        "the order of keys in a step",
        pipeline(
            "{ uses: core/value, with: { value: \"${{ params.seed }}\" } }",
            "{ with: { value: \"${{ params.seed }}\" }, uses: core/value }"));
    edit("the order of parameters", texts -> swap(texts, "  least:", "  unused:"));
    edit(
        "how often a step is tried",
        pipeline("label:  { uses", "label:  { retry: { attempts: 3, backoff: 1s }, uses"));
    edit("quotes around a value", pipeline("value: last", "value: \"last\""));
    edit("a blank line", pipeline("  names:", "\n  names:"));
    edit("a value of equal sense", pipeline("test: 0.5, seed", "test: 0.50, seed"));
    edit("a trigger more", pipeline("params:\n", "on: { pipeline: [{ name: other }] }\nparams:\n"));
    edit(
        "a trigger of another time",
        pipeline("params:\n", "on: { schedule: [{ cron: \"0 6 * * *\" }] }\nparams:\n"));
    edit(
        "a test more",
        pipeline("params:\n", "test: { expect: [\"steps.names.summary.rows > 0\"] }\nparams:\n"));
    edit(
        "a cache that is not asked",
        pipeline("  gate:   { uses", "  gate:   { cache: false, uses"),
        "gate");
    edit(
        "a share of test rows that draws the same ones",
        pipeline("test: 0.5", "test: 0.4"),
        "split");
    edit("another value", pipeline("value: last", "value: late"), "after");
    edit("an expression of equal value", pipeline("params.seed }}", "params.seed + 0 }}"));
    edit(
        "an expression of another value",
        pipeline("value % 2", "value % 2 + 2"),
        "parity",
        "label");
    edit(
        "a contract's comment",
        replace("contracts/adults.yaml", "min: 0 }", "min: 0 } # years"),
        "check");
    edit("a KPI's target", replace("millrace.yaml", "0.9", "0.8"));
    data(
        "a version whose rows come in another order",
        "cities",
        "id,city\n2,Rome\n1,Oslo\n",
        PlanBench.CITIES,
        "cities");
    claims.assertThat(edits).isGreaterThanOrEqualTo(45);
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
  void ofCommandsExactlyWhatMustRunDoesRunToo() {
    var command = commands();
    bench.definitions.apply(PlanBench.files(command));
    assertThat(bench.run("commands").state()).isEqualTo(RunState.SUCCEEDED);
    command(
        "a description of a component", "components/say/component.yaml", "Says it.", "Tells it.");
    command("a version of a component", "components/say/component.yaml", "\"1\"", "\"2\"");
    command("a comment in a component", "components/say/component.yaml", "run:", "# why\nrun:");
    command(
        "a component's command",
        "components/say/component.yaml",
        "sh say.sh",
        "sh ./say.sh",
        "said");
    command("a component's file", "components/say/say.sh", "echo", "printf '%s\\n'", "said");
    command(
        "a helper file that a step names",
        "lib/words.txt",
        "mill",
        "mill\na race",
        "lines",
        "twice");
    command("a helper file of equal effect", "lib/words.txt", "mill", "rill", "lines");
    command("a helper file that no step names", "lib/idle.txt", "idle", "busy");
    command("a library", "pipelines/commands.yaml", "libraries 1", "libraries 2", "lines");
    command("an environment variable", "pipelines/commands.yaml", "ONE: 1", "ONE: 2", "lines");
    command(
        "an environment variable more",
        "pipelines/commands.yaml",
        "ONE: 1",
        "ONE: 1, TWO: 2",
        "lines");
    command(
        "a retry of a command",
        "pipelines/commands.yaml",
        "    run: wc",
        "    retry: { attempts: 3 }\n    run: wc");
    command(
        "a timeout of a command",
        "pipelines/commands.yaml",
        "    run: wc",
        "    timeout-minutes: 9\n    run: wc");
    command("a memory limit", "pipelines/commands.yaml", "memory: 8Gi", "memory: 9Gi");
    claims.assertAll();
  }

  private void command(String what, String path, String from, String to, String... run) {
    var texts = commands();
    replace(path, from, to).accept(texts);
    assertThat(texts).as(what).isNotEqualTo(commands());
    var planned = bench.plannedOf(texts, "commands");
    bench.definitions.apply(PlanBench.files(texts));
    var states = PlanBench.byState(bench.run("commands"));
    claims
        .assertThat(states.getOrDefault(StepState.RAN, Set.of()))
        .as(what + ": ran")
        .isEqualTo(new TreeSet<>(Set.of(run)));
    claims
        .assertThat(PlanBench.union(planned, Verdict.MUST_RUN))
        .as(what + ": must run")
        .isSubsetOf(run);
    claims
        .assertThat(PlanBench.union(planned, Verdict.MUST_RUN, Verdict.CONDITIONAL))
        .as(what + ": may run")
        .contains(run);
    bench.definitions.apply(PlanBench.files(commands()));
    claims
        .assertThat(PlanBench.byState(bench.run("commands")).keySet())
        .as("back from " + what)
        .isEqualTo(Set.of(StepState.CACHED));
  }

  private static TreeMap<String, String> commands() {
    var texts = PlanBench.texts();
    texts.put(
        "components/say/component.yaml",
        """
        name: say
        version: "1"
        meaning: Says it.
        inputs: { word: { type: text, meaning: what } }
        outputs: { said: { type: text, meaning: it } }
        run: sh say.sh
        """);
    texts.put(
        "components/say/say.sh", "echo \"$MILLRACE_PARAM_WORD\" > \"$MILLRACE_OUTPUTS/said\"\n");
    texts.put("lib/words.txt", "a mill\n");
    texts.put("lib/idle.txt", "idle\n");
    texts.put(
        "pipelines/commands.yaml",
        """
        name: commands
        steps:
          said: { uses: ./components/say, with: { word: hello } }
          lines:
            run: wc -l < lib/words.txt | tr -d ' ' > "$MILLRACE_OUTPUTS/count"
            files: ["lib/words.txt"]
            env: { ONE: 1 }
            environment: libraries 1
            resources: { memory: 8Gi }
            outputs: { count: integer }
          twice: { uses: core/value, with: { value: "${{ steps.lines.outputs.count * 2 }}" } }
        """);
    return texts;
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
