package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The number that a search looks for the greatest or least of. {@code outputs.NAME} is a value that
 * the trial gives. {@code metrics.NAME} is what it measured: of an output of type Metrics, else of
 * the metrics of a Report, else of what training says of its own validation rows.
 */
final class Objective {
  private static final long LONGEST = 1L << 20;

  private final Artifacts artifacts;
  private final Strategy.Search search;

  Objective(Artifacts artifacts, Strategy.Search search) {
    this.artifacts = artifacts;
    this.search = search;
  }

  /** The greater the better; InvalidInput if the trial gave no such number. */
  double score(String trial, Outputs gave, @Nullable JsonNode summary) {
    var text = search.objective().text();
    var name = text.substring(text.indexOf('.') + 1);
    var sources = new ArrayList<JsonNode>();
    if (text.startsWith("outputs.")) {
      sources.add(Json.tree(gave.values()));
    } else {
      for (var type : List.of(ValueType.METRICS, ValueType.REPORT))
        gave.artifacts().values().stream()
            .filter(ref -> ref.type() == type)
            .map(this::read)
            .forEach(json -> sources.add(type == ValueType.REPORT ? json.path("metrics") : json));
      if (summary != null) sources.add(summary.path("validation"));
    }
    for (var source : sources) {
      var value = source.path(name);
      if (value.isNumber() && Double.isFinite(value.doubleValue()))
        return search.isMaximized() ? value.doubleValue() : -value.doubleValue();
    }
    var names = new ArrayList<String>();
    sources.forEach(source ->
        source
            .properties()
            .forEach(e -> {
              if (e.getValue().isNumber()) names.add(e.getKey());
            }));
    throw search
        .objective()
        .invalid(
            "trial %s gave no number %s; %s"
                .formatted(
                    trial,
                    text,
                    names.isEmpty()
                        ? "it gave no numbers"
                        : "it gave " + String.join(", ", names)));
  }

  private JsonNode read(ArtifactRef ref) {
    try {
      return Json.parse(new String(artifacts.bytes(ref.digest(), LONGEST), StandardCharsets.UTF_8));
    } catch (InvalidInput e) {
      return Json.object();
    }
  }
}
