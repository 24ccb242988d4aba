package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code experiment ...}. */
@Command(
    name = "experiment",
    description = "Experiments and their runs: list, search, compare, export, move, delete.",
    subcommands = {
      ExperimentCommand.ListAll.class,
      ExperimentCommand.Runs.class,
      ExperimentCommand.Show.class,
      RunComparison.Compare.class,
      RunComparison.Diff.class,
      RunSnapshot.class,
      RunExport.class,
      RunChanges.Move.class,
      RunChanges.Copy.class,
      RunChanges.Delete.class,
      RunChanges.Restore.class
    })
final class ExperimentCommand extends Group {
  private static final String EXPERIMENTS = "/api/v1/experiments";
  private static final Pattern RUN = Pattern.compile("[0-9a-f]{32}");

  /** Where the names of metrics and parameters are many, a table shows so many of each. */
  private static final int SHOWN = 6;

  private static final int WIDEST = 40;

  /** The path of a run, whose id is checked before anything is asked. */
  static String run(String id) {
    if (!RUN.matcher(id).matches())
      throw new WrongUsage(
          "run",
          id,
          "a run's id, 32 hexadecimal digits; `millrace experiment runs EXPERIMENT` lists them");
    return EXPERIMENTS + "/runs/" + id;
  }

  static String experiment(String name) {
    return EXPERIMENTS + "/" + Api.segment(name);
  }

  @Command(name = "list", description = "The experiments of this server.")
  static final class ListAll implements Runnable {
    @Mixin Connection connection;

    @Option(
        names = "--folder",
        paramLabel = "FOLDER",
        description = "Only those that are listed in it or below it.")
    @Nullable String folder;

    @Override
    public void run() {
      var answer =
          connection
              .api()
              .get(EXPERIMENTS + (folder == null ? "" : "?folder=" + Api.segment(folder)));
      connection.print(
          answer,
          () -> {
            var rows = new ArrayList<List<String>>();
            for (var experiment : answer.path("experiments"))
              rows.add(
                  List.of(
                      experiment.path("name").asText(),
                      experiment.path("id").asText(),
                      experiment.path("folder").asText(),
                      experiment.path("created_at").asText()));
            Connection.table(List.of("EXPERIMENT", "ID", "FOLDER", "CREATED"), rows);
          });
    }
  }

  @Command(
      name = "runs",
      description = "The runs of an experiment, the newest first.",
      footer = {
        "",
        "A filter compares metrics, params, tags and attributes, joined by AND:",
        "  millrace experiment runs churn --filter \"metrics.auc > 0.8 AND params.model = 'tree'\"",
        "  --order-by \"metrics.auc DESC\" --columns metrics.auc,params.eta"
      })
  static final class Runs implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "EXPERIMENT", description = "Its name, or its id.")
    String name;

    @Option(names = "--filter", paramLabel = "TEXT", description = "Only the runs that meet it.")
    @Nullable String filter;

    @Option(
        names = "--order-by",
        paramLabel = "FIELD [DESC]",
        description = "Such as \"metrics.auc DESC\"; may be repeated.")
    List<String> order = List.of();

    @Option(
        names = "--columns",
        paramLabel = "NAMES",
        description = "What to show, such as metrics.auc,params.eta.")
    @Nullable String columns;

    @Option(
        names = "--limit",
        paramLabel = "RUNS",
        description = "Runs to show at the most (default: ${DEFAULT-VALUE}).")
    int limit = 50;

    @Override
    public void run() {
      if (limit < 1 || limit > 10_000)
        throw new WrongUsage("--limit", String.valueOf(limit), "1 to 10,000");
      var path = new StringBuilder(experiment(name)).append("/runs?limit=").append(limit);
      if (filter != null) path.append("&filter=").append(Api.segment(filter));
      for (var one : order) path.append("&order_by=").append(Api.segment(one));
      if (columns != null) path.append("&columns=").append(Api.segment(columns));
      var answer = connection.api().get(path.toString());
      connection.print(answer, () -> print(answer.path("runs")));
    }

    private void print(JsonNode runs) {
      var keys = columns == null ? keys(runs) : List.of(columns.strip().split("\\s*,\\s*"));
      var header = new ArrayList<>(List.of("RUN", "NAME", "STATE", "STARTED"));
      header.addAll(keys);
      var rows = new ArrayList<List<String>>();
      for (var run : runs) {
        var values = values(run);
        var row =
            new ArrayList<>(
                List.of(
                    run.path("id").asText(),
                    cut(run.path("name").asText()),
                    run.path("state").asText(),
                    run.path("started_at").asText()));
        for (var key : keys) row.add(cut(values.getOrDefault(key, "")));
        rows.add(row);
      }
      Connection.table(header, rows);
      if (runs.size() == limit) System.err.printf("the first %d runs; --limit shows more%n", limit);
    }

    /** The first metrics and parameters that any of the runs has. */
    private static List<String> keys(JsonNode runs) {
      var metrics = new TreeSet<String>();
      var params = new TreeSet<String>();
      for (var run : runs) {
        run.path("metrics").forEach(m -> metrics.add("metrics." + m.path("key").asText()));
        run.path("params").fieldNames().forEachRemaining(key -> params.add("params." + key));
      }
      var keys = new ArrayList<String>();
      metrics.stream().limit(SHOWN).forEach(keys::add);
      params.stream().limit(SHOWN).forEach(keys::add);
      int more = metrics.size() + params.size() - keys.size();
      if (more > 0)
        System.err.printf("%d more columns are not shown; --columns names some%n", more);
      return keys;
    }
  }

  /** What a run noted, by column. */
  private static Map<String, String> values(JsonNode run) {
    var values = new HashMap<String, String>();
    for (var metric : run.path("metrics"))
      values.put("metrics." + metric.path("key").asText(), number(metric.path("value")));
    for (var kind : List.of("params", "tags"))
      run.path(kind)
          .properties()
          .forEach(e -> values.put(kind + "." + e.getKey(), e.getValue().asText()));
    return values;
  }

  @Command(
      name = "show",
      description = "What a run noted: parameters, metrics, tags, datasets, models, files.")
  static final class Show implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "RUN", description = "Its id.")
    String id;

    @Override
    public void run() {
      var answer = connection.api().get(ExperimentCommand.run(id));
      connection.print(answer, () -> print(answer));
    }

    private static void print(JsonNode run) {
      System.out.printf(
          "run %s, %s%s%n",
          run.path("name").asText(),
          run.path("state").asText(),
          run.path("lifecycle").asText().equals("DELETED") ? ", deleted" : "");
      fact("experiment", run.path("experiment"));
      fact("user", run.path("user"));
      fact("started", run.path("started_at"));
      fact("ended", run.path("ended_at"));
      fact("pipeline run", run.path("pipeline_run"));
      fact("step", run.path("step"));
      pairs("PARAMETER", run.path("params"));
      metrics(run);
      pairs("TAG", run.path("tags"));
      var datasets = new ArrayList<List<String>>();
      for (var dataset : run.path("datasets"))
        datasets.add(
            List.of(
                dataset.path("name").asText(),
                dataset.path("digest").asText(),
                dataset.path("tags").path("mlflow.data.context").asText("")));
      section(List.of("DATASET", "DIGEST", "CONTEXT"), datasets);
      var models = new ArrayList<List<String>>();
      for (var model : run.path("models"))
        models.add(List.of(model.path("id").asText(), model.path("step").asText()));
      section(List.of("MODEL", "STEP"), models);
      var files = new ArrayList<List<String>>();
      for (var file : run.path("files"))
        files.add(List.of(file.path("path").asText(), whole(file.path("size").asLong())));
      section(List.of("FILE", "BYTES"), files);
      long more = run.path("file_count").asLong() - files.size();
      if (more > 0) System.out.printf("and %s more files%n", whole(more));
    }

    private static void metrics(JsonNode run) {
      var ranges = new HashMap<String, JsonNode>();
      for (var range : run.path("ranges")) ranges.put(range.path("key").asText(), range);
      var rows = new ArrayList<List<String>>();
      for (var metric : run.path("metrics")) {
        var key = metric.path("key").asText();
        var range = ranges.getOrDefault(key, metric);
        rows.add(
            List.of(
                key,
                number(metric.path("value")),
                number(range.path("min")),
                number(range.path("max")),
                metric.path("step").asText(),
                whole(range.path("points").asLong())));
      }
      section(List.of("METRIC", "LAST", "MIN", "MAX", "STEP", "POINTS"), rows);
    }

    private static void fact(String name, JsonNode value) {
      var text = value.isNull() ? "" : value.asText();
      if (!text.isEmpty()) System.out.printf("%s: %s%n", name, text);
    }

    private static void pairs(String title, JsonNode pairs) {
      var rows = new ArrayList<List<String>>();
      for (var pair : pairs.properties())
        rows.add(List.of(pair.getKey(), line(pair.getValue().asText())));
      section(List.of(title, "VALUE"), rows);
    }

    private static void section(List<String> header, List<List<String>> rows) {
      if (rows.isEmpty()) return;
      System.out.println();
      Connection.table(header, rows);
    }
  }

  static String whole(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** A metric's value; JSON has no number for one that is none. */
  static String number(JsonNode value) {
    if (value.isNull()) return "NaN";
    return value.isMissingNode() ? "" : value.asText();
  }

  /** As one line of at most so many letters that a table stays readable. */
  static String cut(String text) {
    var line = line(text);
    return line.length() <= WIDEST ? line : line.substring(0, WIDEST - 3) + "...";
  }

  private static String line(String text) {
    return text.replaceAll("\\R", " ");
  }
}
