package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The pictures of an evaluation report. */
final class Charts {
  private static final List<Double> SHARES = List.of(0.0, 0.25, 0.5, 0.75, 1.0);
  private static final int SLICES_SHOWN = 40;

  private Charts() {}

  static String roc(JsonNode report) {
    var points = new ArrayList<double[]>();
    for (var point : report.path("curves").path("roc"))
      points.add(new double[] {point.get(0).asDouble(), point.get(1).asDouble()});
    return new Plot(420, 380, 0, 1, 0, 1, "ROC curve")
        .axes(SHARES, SHARES, "false positive rate", "true positive rate")
        .segment("reference", 0, 0, 1, 1)
        .path("curve", points)
        .toString();
  }

  static String calibration(JsonNode report) {
    var plot =
        new Plot(420, 380, 0, 1, 0, 1, "Calibration")
            .axes(SHARES, SHARES, "mean score of the bin", "share that came true")
            .segment("reference", 0, 0, 1, 1);
    var points = new ArrayList<double[]>();
    for (var bin : report.path("curves").path("calibration")) {
      if (bin.path("rows").asLong() == 0) continue;
      double score = bin.path("score").asDouble();
      double rate = bin.path("rate").asDouble();
      points.add(new double[] {score, rate});
      plot.segment(
              "interval", score, bin.path("low").asDouble(), score, bin.path("high").asDouble())
          .dot(
              "dot",
              score,
              rate,
              String.format(
                  Locale.ROOT,
                  "score %.3f, true %.3f, %,d rows",
                  score,
                  rate,
                  bin.path("rows").asLong()));
    }
    return plot.path("curve", points).toString();
  }

  static String scores(JsonNode report) {
    var histogram = report.path("curves").path("score_histogram");
    var edges = histogram.path("edges");
    double most = 1;
    for (int i = 0; i + 1 < edges.size(); i++) {
      most =
          Math.max(
              most,
              histogram.path("positive").path(i).asDouble()
                  + histogram.path("negative").path(i).asDouble());
    }
    var plot =
        new Plot(420, 380, 0, 1, 0, most * 1.05, "Distribution of the score")
            .axes(SHARES, nice(most), "score", "rows");
    for (int i = 0; i + 1 < edges.size(); i++) {
      double no = histogram.path("negative").path(i).asDouble();
      double yes = histogram.path("positive").path(i).asDouble();
      double from = edges.get(i).asDouble();
      double to = edges.get(i + 1).asDouble();
      var tip =
          String.format(
              Locale.ROOT, "%.2f to %.2f: %,.0f came true, %,.0f did not", from, to, yes, no);
      plot.bar("negative", from, to, 0, no, tip).bar("positive", from, to, no, no + yes, tip);
    }
    return plot.toString();
  }

  private static List<Double> nice(double most) {
    double step = Math.pow(10, Math.floor(Math.log10(most)));
    if (most / step < 2) step /= 5;
    else if (most / step < 5) step /= 2;
    var ticks = new ArrayList<Double>();
    for (double v = 0; v <= most; v += step) ticks.add(v);
    return ticks;
  }

  /** AUC of each slice with its interval, worst first. */
  static String slices(JsonNode report) {
    var slices = new ArrayList<JsonNode>();
    for (var slice : report.path("slices")) if (slice.path("auc").isNumber()) slices.add(slice);
    if (slices.isEmpty()) return "<p>No slice has enough rows of both labels.</p>";
    slices.sort((a, b) -> Double.compare(a.path("auc").asDouble(), b.path("auc").asDouble()));
    var shown = slices.subList(0, Math.min(SLICES_SHOWN, slices.size()));
    double low = 0.5;
    double high = 0.9;
    for (var slice : shown) {
      low = Math.min(low, slice.path("low").asDouble(low));
      high = Math.max(high, slice.path("high").asDouble(high));
    }
    low = Math.floor(low * 10) / 10;
    high = Math.min(1, Math.ceil(high * 10) / 10);
    var ticks = new ArrayList<Double>();
    for (int i = (int) Math.round(low * 10); i <= Math.round(high * 10); i++) ticks.add(i / 10.0);
    var text = new StringBuilder();
    var columns = shown.stream().map(s -> s.path("column").asText()).distinct().sorted().toList();
    double overall = report.path("metrics").path("auc").asDouble();
    for (var column : columns) {
      var of = shown.stream().filter(s -> s.path("column").asText().equals(column)).toList();
      var plot =
          new Plot(420, 60 + 18 * of.size(), low, high, 0, of.size(), "AUC by " + column)
              .axes(ticks, List.of(), "AUC by " + column, "")
              .segment("reference", overall, 0, overall, of.size());
      for (int i = 0; i < of.size(); i++) {
        var slice = of.get(i);
        double at = of.size() - i - 0.5;
        plot.label(at, slice.path("value").asText())
            .segment(
                "interval", slice.path("low").asDouble(), at, slice.path("high").asDouble(), at)
            .dot(
                "dot",
                slice.path("auc").asDouble(),
                at,
                String.format(
                    Locale.ROOT,
                    "%s: AUC %.3f (%.3f to %.3f), %,d rows",
                    slice.path("value").asText(),
                    slice.path("auc").asDouble(),
                    slice.path("low").asDouble(),
                    slice.path("high").asDouble(),
                    slice.path("rows").asLong()));
      }
      text.append("<figure>").append(plot).append("</figure>");
    }
    return text.toString();
  }
}
