import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a step of a pipeline costs: chains of steps that do nothing, run and taken from the cache,
 * beside Prefect and Dagster in the same run.
 *
 * <p>Options, as --name=value: only (millrace, peers), steps (a chain's), times, folder.
 */
final class Pipelines {
  private static final Path HOME = Path.of(System.getProperty("millrace.home"));
  private static final Pattern TIMES =
      Pattern.compile("\"started_at\":\"([^\"]+)\",\"ended_at\":\"([^\"]+)\"");

  private final int steps;
  private final int times;
  private final Path folder;
  private final List<String> rows = new ArrayList<>();

  private Pipelines(int steps, int times, Path folder) {
    this.steps = steps;
    this.times = times;
    this.folder = folder;
  }

  public static void main(String[] arguments) throws Exception {
    var options = options(arguments);
    var folder =
        Files.createTempDirectory(
            Path.of(options.getOrDefault("folder", System.getProperty("java.io.tmpdir"))),
            "millrace-pipelines");
    var bench =
        new Pipelines(
            Integer.parseInt(options.getOrDefault("steps", "100")),
            Integer.parseInt(options.getOrDefault("times", "7")),
            folder);
    var only = Set.of(options.getOrDefault("only", "millrace,peers").split(","));
    bench.disk();
    if (only.contains("millrace")) bench.millrace();
    if (only.contains("peers")) bench.peers();
    System.out.printf("%n| | measured |%n|---|---|%n%s%n", String.join("\n", bench.rows));
  }

  static Map<String, String> options(String[] arguments) {
    var options = new TreeMap<String, String>();
    for (var argument : arguments) {
      if (!argument.matches("--[a-z-]+=.*"))
        throw new IllegalArgumentException("got '" + argument + "', expected --name=value");
      options.put(
          argument.substring(2, argument.indexOf('=')),
          argument.substring(argument.indexOf('=') + 1));
    }
    return options;
  }

  private void row(String what, String format, Object... values) {
    rows.add("| %s | %s |".formatted(what, String.format(Locale.ROOT, format, values)));
    System.out.println(rows.getLast());
  }

  private void disk() throws IOException {
    var syncs = Experiments.syncs(folder);
    row("fdatasync of 4 KB", "%.2f ms median, %.2f ms at 99 %%", syncs[100], syncs[197]);
  }

  private void millrace() throws Exception {
    try (var peer = Peer.millrace(folder.resolve("data"));
        var wire = new Wire(peer.url)) {
      chain(wire, "noop", steps, i -> "uses: core/noop");
      chain(wire, "value", steps, i -> "uses: core/value, with: { value: %d }".formatted(i));
      chain(wire, "process", steps, i -> "run: \"true\"");
      chain(wire, "long", 1_000, i -> "uses: core/value, with: { value: %d }".formatted(i));
      ran(wire, "noop", "an in-process step (core/noop) of a chain of " + steps);
      ran(wire, "process", "a process step (run: \"true\") of a chain of " + steps);
      wall(wire, "value", true);
      wall(wire, "long", true);
      cached(wire, "value", steps);
      cached(wire, "long", 1_000);
      plan(wire);
      wide(peer, wire);
      row("resident at the end", "%.0f MB", peer.resident().getKey() / 1e6);
    }
  }

  /** Applies a project of one pipeline whose steps follow one another. */
  private void chain(Wire wire, String name, int count, IntFunction<String> step) {
    try {
      wire.post("/api/v1/projects/apply", project(name, count, step));
    } catch (IOException | RuntimeException e) {
      System.out.printf("pipeline %s is refused: %s%n", name, e.getMessage());
    }
  }

  private static String project(String name, int count, IntFunction<String> step) {
    var text = new StringBuilder("name: ").append(name).append("\\nsteps:\\n");
    for (int i = 0; i < count; i++)
      text.append("  s")
          .append(i)
          .append(": { ")
          .append(step.apply(i).replace("\"", "\\\""))
          .append(i == 0 ? "" : ", needs: s" + (i - 1))
          .append(" }\\n");
    return "{\"texts\":{\"millrace.yaml\":\"name: bench-%s\\n\",\"pipelines/chain.yaml\":\"%s\"}}"
        .formatted(name, text);
  }

  private double wall(Wire wire, String pipeline, boolean cache) throws Exception {
    return (double) ends(run(wire, pipeline, cache)).wall();
  }

  private record Ends(long wall, List<Long> each) {}

  private String run(Wire wire, String pipeline, boolean cache) throws Exception {
    var id =
        Wire.field(
            wire.post("/api/v1/pipelines/" + pipeline + "/runs", "{\"cache\":%s}".formatted(cache)),
            "id");
    while (true) {
      var run = wire.get("/api/v1/runs/" + id);
      var state = Wire.field(run, "state");
      if (state.equals("succeeded")) return run;
      if (!state.equals("running")) throw new IllegalStateException(run.substring(0, 500));
      Thread.sleep(
          100); // Times are the server's own; reading a run often takes from what is measured.
    }
  }

  /** From one step's end to the next's, in milliseconds. */
  private static Ends ends(String run) {
    var matcher = TIMES.matcher(run);
    var ends = new ArrayList<Long>();
    long first = Long.MAX_VALUE;
    long wall = 0;
    boolean whole = true;
    while (matcher.find()) {
      long begin = Instant.parse(matcher.group(1)).toEpochMilli();
      long end = Instant.parse(matcher.group(2)).toEpochMilli();
      if (whole) wall = end - begin;
      else {
        first = Math.min(first, begin);
        ends.add(end);
      }
      whole = false;
    }
    ends.sort(null);
    var each = new ArrayList<Long>();
    for (var end : ends) {
      each.add(end - first);
      first = end;
    }
    return new Ends(wall, each);
  }

  private void ran(Wire wire, String pipeline, String what) {
    try {
      wall(wire, pipeline, false);
      var walls = new ArrayList<Double>();
      var each = new ArrayList<Long>();
      for (int i = 0; i < times; i++) {
        var ends = ends(run(wire, pipeline, false));
        walls.add((double) ends.wall() / steps);
        each.addAll(ends.each());
      }
      walls.sort(null);
      each.sort(null);
      row(
          what,
          "%.2f ms (median of %d runs), %d ms at 99 %%",
          walls.get(walls.size() / 2),
          times,
          each.get(each.size() * 99 / 100));
    } catch (Exception e) {
      row(what, "failed: %s", e.getMessage());
    }
  }

  private void cached(Wire wire, String pipeline, int count) {
    var what = "a run of %,d steps, all from the cache".formatted(count);
    try {
      var walls = new ArrayList<Double>();
      for (int i = 0; i < times; i++) walls.add(wall(wire, pipeline, true));
      walls.sort(null);
      double wall = walls.get(walls.size() / 2);
      row(what, "%.0f ms, %.2f ms a step (median of %d runs)", wall, wall / count, times);
    } catch (Exception e) {
      row(what, "failed: %s", e.getMessage());
    }
  }

  private void plan(Wire wire) {
    var what = "plan of a pipeline of 1,000 steps of which one changed";
    try {
      var changed =
          project(
              "long",
              1_000,
              i -> "uses: core/value, with: { value: %d }".formatted(i == 500 ? -1 : i));
      double took = Experiments.median(5, () -> wire.post("/api/v1/projects/plan", changed));
      row(what, "%.0f ms", took);
    } catch (Exception e) {
      row(what, "failed: %s", e.getMessage());
    }
  }

  /** 10,000 instances of one step, each with an attempt, a key, an execution and a cache entry. */
  private void wide(Peer peer, Wire wire) {
    int count = 10_000;
    var what = "a step for each of %,d, not cached".formatted(count);
    try {
      var list =
          IntStream.range(0, count).mapToObj(String::valueOf).collect(Collectors.joining(","));
      var text =
          "name: wide\\nsteps:\\n  all: { uses: core/value, strategy: { for-each: [%s] }, with: { value: \\\"${{ each.item }}\\\" } }\\n"
              .formatted(list);
      wire.post(
          "/api/v1/projects/apply",
          "{\"texts\":{\"millrace.yaml\":\"name: bench-wide\\n\",\"pipelines/wide.yaml\":\"%s\"}}"
              .formatted(text));
      var walls = new ArrayList<Double>();
      long most = peer.peak(() -> walls.add(wall(wire, "wide", false)));
      row(
          what,
          "%.1f s, %.2f ms each, resident at most %.0f MB",
          walls.getFirst() / 1000,
          walls.getFirst() / count,
          most / 1e6);
    } catch (Exception e) {
      row(what, "failed: %s", e.getMessage());
    }
  }

  private void peers() throws Exception {
    var process =
        new ProcessBuilder(
                HOME.resolve("bench/pipeline_peers.sh").toString(),
                folder.resolve("peers").toString(),
                String.valueOf(steps))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    for (var line : new String(process.getInputStream().readAllBytes()).split("\n")) {
      var parts = line.split("\t");
      if (parts.length == 2) row(parts[0], "%s", parts[1]);
    }
    if (process.waitFor() != 0) row("Prefect and Dagster", "failed, see above");
  }
}
