package io.millrace.cli;

import java.util.List;
import java.util.Locale;

/**
 * A small drawing area with axes, in SVG. Data coordinates run from (x0, y0) bottom left to (x1,
 * y1) top right.
 */
final class Plot {
  private static final int LEFT = 52;
  private static final int RIGHT = 14;
  private static final int TOP = 10;
  private static final int BOTTOM = 40;

  private final int width;
  private final int height;
  private final double x0;
  private final double x1;
  private final double y0;
  private final double y1;
  private final StringBuilder svg = new StringBuilder();

  Plot(int width, int height, double x0, double x1, double y0, double y1, String title) {
    this.width = width;
    this.height = height;
    this.x0 = x0;
    this.x1 = x1;
    this.y0 = y0;
    this.y1 = y1;
    svg.append(
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">"
            .formatted(width, height, escaped(title)));
  }

  double x(double value) {
    return LEFT + (value - x0) / (x1 - x0) * (width - LEFT - RIGHT);
  }

  double y(double value) {
    return height - BOTTOM - (value - y0) / (y1 - y0) * (height - TOP - BOTTOM);
  }

  /** Grid lines and numbers at these places, and what the axes mean. */
  Plot axes(List<Double> xs, List<Double> ys, String xMeaning, String yMeaning) {
    for (double v : xs) {
      line("grid", x(v), y(y0), x(v), y(y1));
      text("tick", x(v), height - BOTTOM + 16, "middle", number(v));
    }
    for (double v : ys) {
      line("grid", x(x0), y(v), x(x1), y(v));
      text("tick", LEFT - 6, y(v) + 4, "end", number(v));
    }
    text("axis", x((x0 + x1) / 2), height - 6, "middle", xMeaning);
    svg.append(
        String.format(
            Locale.ROOT,
            "<text class=\"axis\" text-anchor=\"middle\" transform=\"translate(12 %.1f) rotate(-90)\">%s</text>",
            y((y0 + y1) / 2),
            escaped(yMeaning)));
    return this;
  }

  Plot path(String style, List<double[]> points) {
    svg.append("<polyline class=\"%s\" points=\"".formatted(style));
    for (var point : points)
      svg.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(point[0]), y(point[1])));
    svg.append("\"/>");
    return this;
  }

  Plot dot(String style, double px, double py, String tip) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>%s</title></circle>",
            style,
            x(px),
            y(py),
            escaped(tip)));
    return this;
  }

  Plot segment(String style, double ax, double ay, double bx, double by) {
    line(style, x(ax), y(ay), x(bx), y(by));
    return this;
  }

  Plot bar(String style, double from, double to, double low, double high, String tip) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%s</title></rect>",
            style,
            x(from),
            y(high),
            Math.max(0.5, x(to) - x(from) - 1),
            Math.max(0, y(low) - y(high)),
            escaped(tip)));
    return this;
  }

  /** A label at a height of the data, left of the axis. */
  Plot label(double py, String text) {
    text("tick", LEFT - 6, y(py) + 4, "end", text);
    return this;
  }

  private void line(String style, double ax, double ay, double bx, double by) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
            style,
            ax,
            ay,
            bx,
            by));
  }

  private void text(String style, double px, double py, String anchor, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>",
            style,
            px,
            py,
            anchor,
            escaped(text)));
  }

  private static String number(double value) {
    var text = String.format(Locale.ROOT, "%.2f", value);
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%,d", (long) value)
        : text.replaceAll("0$", "");
  }

  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  @Override
  public String toString() {
    return svg + "</svg>";
  }
}
