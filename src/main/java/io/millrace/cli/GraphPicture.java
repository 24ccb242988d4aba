package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * A pipeline run as a graph: steps in columns by their distance from the start, with state and
 * time.
 */
final class GraphPicture {
  private static final int BOX_WIDTH = 128;
  private static final int BOX_HEIGHT = 54;
  private static final int GAP_X = 38;
  private static final int GAP_Y = 22;

  private GraphPicture() {}

  private record Place(double x, double y) {}

  static String of(JsonNode run) {
    var steps = new LinkedHashMap<String, JsonNode>();
    run.path("steps").forEach(s -> steps.put(s.path("name").asText(), s));
    var depths = new HashMap<String, Integer>();
    var columns = new ArrayList<List<String>>();
    for (var name : steps.keySet()) {
      int depth = depth(name, steps, depths);
      while (columns.size() <= depth) columns.add(new ArrayList<>());
      columns.get(depth).add(name);
    }
    int tallest = columns.stream().mapToInt(List::size).max().orElse(1);
    int width = columns.size() * (BOX_WIDTH + GAP_X) - GAP_X + 4;
    int height = tallest * (BOX_HEIGHT + GAP_Y) - GAP_Y + 4 + 2 * GAP_Y;
    var places = new LinkedHashMap<String, Place>();
    for (int c = 0; c < columns.size(); c++) {
      var column = columns.get(c);
      double top = (height - (column.size() * (BOX_HEIGHT + GAP_Y) - GAP_Y)) / 2.0;
      for (int r = 0; r < column.size(); r++) {
        places.put(
            column.get(r),
            new Place(2.0 + c * (BOX_WIDTH + GAP_X), top + r * (BOX_HEIGHT + GAP_Y)));
      }
    }
    var svg =
        new StringBuilder(
            "<svg class=\"graph\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"The pipeline run\">"
                .formatted(width, height));
    places.forEach((name, place) -> {
      for (var need : step(steps, name).path("needs")) {
        var from = places.get(need.asText());
        if (from != null) edge(svg, from, place);
      }
    });
    places.forEach((name, place) -> box(svg, place, name, step(steps, name)));
    return svg.append("</svg>").toString();
  }

  private static JsonNode step(Map<String, JsonNode> steps, String name) {
    return Objects.requireNonNull(steps.get(name));
  }

  private static int depth(String name, Map<String, JsonNode> steps, Map<String, Integer> depths) {
    var known = depths.get(name);
    if (known != null) return known;
    int depth = 0;
    for (var need : step(steps, name).path("needs"))
      depth = Math.max(depth, 1 + depth(need.asText(), steps, depths));
    depths.put(name, depth);
    return depth;
  }

  private static void edge(StringBuilder svg, Place from, Place to) {
    double ax = from.x() + BOX_WIDTH;
    double ay = from.y() + BOX_HEIGHT / 2.0;
    double by = to.y() + BOX_HEIGHT / 2.0;
    double middle = (ax + to.x()) / 2;
    // An edge that passes over a column bends around its box.
    double bend = to.x() - ax > GAP_X + 1 && Math.abs(ay - by) < 1 ? -BOX_HEIGHT : 0;
    svg.append(
        String.format(
            Locale.ROOT,
            "<path class=\"edge\" d=\"M%.1f %.1f C%.1f %.1f %.1f %.1f %.1f %.1f\"/>",
            ax,
            ay,
            middle,
            ay + bend,
            middle,
            by + bend,
            to.x(),
            by));
  }

  private static void box(StringBuilder svg, Place place, String name, JsonNode step) {
    var state = step.path("state").asText();
    svg.append(
        String.format(
            Locale.ROOT,
            "<g><title>%s</title><rect class=\"step %s\" x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\" rx=\"6\"/>",
            Plot.escaped(RunFollower.summary(step.path("summary"))),
            Plot.escaped(state),
            place.x(),
            place.y(),
            BOX_WIDTH,
            BOX_HEIGHT));
    text(svg, "name", place, 17, name);
    text(svg, "tick", place, 32, step.path("uses").asText());
    text(
        svg,
        "tick",
        place,
        46,
        String.format(Locale.ROOT, "%s, %.1f s", state, step.path("seconds").asDouble()));
    svg.append("</g>");
  }

  private static void text(StringBuilder svg, String style, Place place, int down, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>",
            style,
            place.x() + BOX_WIDTH / 2.0,
            place.y() + down,
            Plot.escaped(text)));
  }
}
