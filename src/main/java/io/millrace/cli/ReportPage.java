package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/** The quickstart's report: one HTML file that needs nothing else. */
record ReportPage(Summary summary) {
  private static final String STYLE =
      """
      :root { color-scheme: light dark; --ink: #1c2733; --soft: #5d6b7a; --line: #d9e0e7; --paper: #ffffff; --card: #f6f8fa;
              --main: #0b6e99; --yes: #c8553d; --no: #8fb8cc; --ok: #dcefe3; --hit: #e4ecf7; --off: #eeeeee; --bad: #f6d9d4; }
      @media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9aa7b4; --line: #33404d; --paper: #10161c; --card: #18212a;
              --main: #4db6e2; --yes: #e8836d; --no: #3f6f87; --ok: #1f3d2b; --hit: #23344a; --off: #2a2f35; --bad: #4d2620; } }
      body { margin: 0 auto; max-width: 1320px; padding: 24px; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
      h1 { margin: 0; font-size: 26px; } h2 { margin: 0 0 8px; font-size: 17px; } p { margin: 4px 0; color: var(--soft); }
      section { margin-top: 20px; padding: 16px; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
      div.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(360px, 1fr)); gap: 20px; } div.grid section { margin: 0; }
      div.grid { margin-top: 20px; } figure { margin: 0; } svg { width: 100%; height: auto; } svg.graph { max-height: 320px; }
      table { border-collapse: collapse; } th, td { padding: 4px 18px 4px 0; text-align: left; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
      tr + tr td { border-top: 1px solid var(--line); } code { font-size: 13px; }
      .slices { display: grid; grid-template-columns: repeat(auto-fit, minmax(360px, 1fr)); gap: 20px; }
      line.grid { stroke: var(--line); } .tick { font-size: 11px; fill: var(--soft); } .axis { font-size: 12px; fill: var(--ink); }
      .reference { stroke: var(--soft); stroke-dasharray: 4 4; } .curve { fill: none; stroke: var(--main); stroke-width: 2; }
      .interval { stroke: var(--main); stroke-width: 1.5; opacity: .55; } .dot { fill: var(--main); } rect.positive { fill: var(--yes); } rect.negative { fill: var(--no); }
      .edge { fill: none; stroke: var(--soft); } .step { fill: var(--off); stroke: var(--line); } .step.ran { fill: var(--ok); } .step.cached { fill: var(--hit); } .step.failed { fill: var(--bad); }
      .name { font-size: 13px; font-weight: 600; fill: var(--ink); } .key { display: inline-block; width: 11px; height: 11px; margin: 0 5px 0 12px; border-radius: 2px; }
      """;

  String html() {
    var report = summary.evaluation();
    var page = new StringBuilder();
    page.append(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>")
        .append(Plot.escaped(title()))
        .append("</title><style>")
        .append(STYLE)
        .append("</style></head><body>");
    page.append("<h1>").append(Plot.escaped(title())).append("</h1>");
    page.append(
        "<p>Will a departing flight arrive 15 minutes late or more? Trained on %s, tested on %s, then asked about flights of %s.</p>"
            .formatted(
                Summary.trained(summary.run()).textWithYear(),
                Summary.tested(summary.run()).text(),
                Summary.live(summary.run()).text()));
    if (summary.kept()) {
      page.append(
          "<p>Kept champion: %s. What follows is about the candidate, but for the live answers, which %s gave.</p>"
              .formatted(Plot.escaped(summary.reason()), Plot.escaped(summary.model())));
    }
    page.append("<section><h2>How good it is</h2>").append(scores()).append("</section>");
    page.append("<section><h2>How it was made</h2><figure>")
        .append(GraphPicture.of(summary.run()))
        .append("</figure></section>");
    page.append("<div class=\"grid\">");
    card(
        page,
        "ROC curve",
        "How many late flights are found (up) for how many false alarms (right); the dashed line is guessing.",
        Charts.roc(report));
    card(
        page,
        "Calibration",
        "Where the score says 30 %, do 30 % come true? Bars are 95 % Wilson intervals.",
        Charts.calibration(report));
    card(
        page,
        "Distribution of the score",
        "<span class=\"key\" style=\"background:var(--yes)\"></span>late<span class=\"key\" style=\"background:var(--no)\"></span>not late",
        Charts.scores(report));
    page.append(
            "</div><section><h2>AUC by slice</h2><p>With 95 % bootstrap intervals, worst first; the dashed line is all test rows together.</p><div class=\"slices\">")
        .append(Charts.slices(report))
        .append("</div></section>");
    return page.append("</body></html>\n").toString();
  }

  private String title() {
    return summary.kept() ? "A candidate for " + summary.model() : summary.model();
  }

  private static void card(StringBuilder page, String title, String meaning, String picture) {
    page.append("<section><h2>")
        .append(title)
        .append("</h2><p>")
        .append(meaning)
        .append("</p><figure>")
        .append(picture)
        .append("</figure></section>");
  }

  private String scores() {
    var table =
        new StringBuilder(
            "<table><tr><th></th><th class=\"n\">AUC</th><th class=\"n\">95 % interval</th><th class=\"n\">log loss</th></tr>");
    var report = summary.evaluation();
    row(
        table,
        (summary.kept() ? "candidate, " : "model, ") + Summary.tested(summary.run()).text(),
        report.path("metrics"),
        report.path("intervals").path("auc"));
    row(table, "linear baseline", report.path("baselines").path("linear"), report.path("nothing"));
    row(
        table,
        "trivial baseline",
        report.path("baselines").path("trivial"),
        report.path("nothing"));
    row(
        table,
        "live, " + Summary.live(summary.run()).text(),
        summary.live(),
        report.path("nothing"));
    table.append("</table>");
    table.append(
        String.format(
            Locale.ROOT,
            "<p>%,d test rows; %,d live requests, %.1f ms each (median). Served at <code>%s</code>.</p>",
            report.path("rows").asLong(),
            summary.answers().count(),
            summary.answers().millis(0.5),
            Plot.escaped(summary.endpoint())));
    return table.toString();
  }

  private static void row(StringBuilder table, String name, JsonNode metrics, JsonNode interval) {
    table.append(
        String.format(
            Locale.ROOT,
            "<tr><td>%s</td><td class=\"n\">%.4f</td><td class=\"n\">%s</td><td class=\"n\">%.4f</td></tr>",
            name,
            metrics.path("auc").asDouble(),
            interval.isArray()
                ? String.format(
                    Locale.ROOT,
                    "%.4f to %.4f",
                    interval.get(0).asDouble(),
                    interval.get(1).asDouble())
                : "",
            metrics.path("log_loss").asDouble()));
  }
}
