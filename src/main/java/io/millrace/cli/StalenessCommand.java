package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code staleness PIPELINE}. */
@Command(
    name = "staleness",
    description = "How fast the models of a pipeline's runs age: each judged on later runs' rows.")
final class StalenessCommand implements Runnable {
  @Mixin Connection connection;

  @Parameters(paramLabel = "PIPELINE", description = "The pipeline's name.")
  String pipeline;

  @Option(
      names = "--by",
      paramLabel = "PARAM",
      required = true,
      description = "The parameter that puts the runs in their order, such as a date.")
  String by;

  @Option(
      names = "--model",
      paramLabel = "STEP.OUTPUT",
      description = "The output with a run's model (default: ${DEFAULT-VALUE}).")
  String model = "train.model";

  @Option(
      names = "--data",
      paramLabel = "STEP.OUTPUT",
      description = "The output with the rows to judge by (default: ${DEFAULT-VALUE}).")
  String data = "split.test";

  @Option(
      names = "--metric",
      paramLabel = "NAME",
      description = "Such as auc, log_loss, brier (default: the task's usual one).")
  @Nullable String metric;

  @Override
  public void run() {
    var answer = ask(connection.api(), pipeline, by, model, data, metric);
    connection.print(answer, () -> print(answer, System.out));
  }

  static JsonNode ask(
      Api api, String pipeline, String by, String model, String data, @Nullable String metric) {
    return api.computed(
        "/api/v1/pipelines/%s/staleness?by=%s&model=%s&data=%s%s"
            .formatted(
                Api.segment(pipeline),
                Api.segment(by),
                Api.segment(model),
                Api.segment(data),
                metric == null ? "" : "&metric=" + Api.segment(metric)));
  }

  static void print(JsonNode report, PrintStream out) {
    matrix(report, out);
    out.println();
    retrained(report, "FIRST", "RETRAINED", out);
  }

  /** Rows by the value that a model was trained at, columns by that whose rows it was judged on. */
  private static void matrix(JsonNode report, PrintStream out) {
    Map<String, String> cells = new HashMap<>();
    for (var cell : report.path("cells"))
      cells.put(cell.path("train").asText() + " " + cell.path("test").asText(), cell(cell));
    var values = new ArrayList<String>();
    report.path("periods").forEach(period -> values.add(period.path("value").asText()));
    var header = new ArrayList<String>(List.of("TRAINED AT"));
    header.addAll(values.subList(1, values.size()));
    var rows = new ArrayList<List<String>>();
    for (var train : values.subList(0, values.size() - 1)) {
      var row = new ArrayList<String>(List.of(train));
      for (var test : values.subList(1, values.size()))
        row.add(cells.getOrDefault(train + " " + test, ""));
      rows.add(row);
    }
    out.printf(
        "%s of the models on the rows of later runs, by %s, with 95 %% intervals:%n",
        report.path("metric").asText(), report.path("by").asText());
    out.print(Connection.aligned(header, rows));
    out.print("mean by age:");
    for (var age : report.path("ages"))
      out.print(" " + age.path("age").asText() + ": " + number(age.path("mean")));
    out.println();
  }

  /** What later models brought over the first one. */
  static void retrained(JsonNode report, String first, String later, PrintStream out) {
    var rows = new ArrayList<List<String>>();
    for (var period : report.path("retrained").path("periods"))
      rows.add(
          List.of(
              period.path("test").asText(),
              String.format(Locale.ROOT, "%,d", period.path("rows").asLong()),
              number(period.path("first")),
              number(period.path("retrained")),
              period.path("served").asText(),
              signed(period)));
    var metric = report.path("metric").asText();
    var by = report.path("by").asText().toUpperCase(Locale.ROOT);
    out.print(
        Connection.aligned(List.of(by, "ROWS", first, later, "TRAINED AT", "DIFFERENCE"), rows));
    var mean = report.path("retrained").path("mean");
    if (mean.isObject())
      out.printf(
          "Mean difference in %s over the last %d: %s (95 %% interval, paired bootstrap of the rows within each).%n",
          metric, mean.path("periods").asInt(), signed(mean));
  }

  private static String cell(JsonNode cell) {
    return "%s [%s, %s]"
        .formatted(number(cell.path("value")), number(cell.path("low")), number(cell.path("high")));
  }

  private static String signed(JsonNode of) {
    return String.format(
        Locale.ROOT,
        "%+.4f [%+.4f, %+.4f]",
        of.path("difference").asDouble(),
        of.path("low").asDouble(),
        of.path("high").asDouble());
  }

  private static String number(JsonNode value) {
    return value.isNumber() ? String.format(Locale.ROOT, "%.4f", value.asDouble()) : "-";
  }
}
