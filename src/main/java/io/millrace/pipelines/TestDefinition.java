package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.definitions.YamlNode;
import java.util.List;
import java.util.Map;

/**
 * How a pipeline is tested.
 *
 * @param params of the test's run; the others have their defaults
 * @param samples what is read in place of datasets
 */
record TestDefinition(
    Map<String, JsonNode> params, Map<String, Drawn> samples, List<Expectation> expectations) {
  /** The files of the project that samples are read from. */
  List<String> files() {
    return samples.values().stream()
        .filter(s -> s.way().equals("file"))
        .map(s -> s.size().asText())
        .toList();
  }

  /** A sample as it stands in the file; of a file, its path. */
  record Drawn(YamlNode place, String way, JsonNode size) {
    Sample sample(String dataset, Map<String, String> texts) {
      return switch (way) {
        case "rows" -> new Sample.Rows(size.asLong());
        case "fraction" -> new Sample.Fraction(size.asDouble());
        default -> {
          var text = texts.get(size.asText());
          if (text == null)
            throw place.invalid("the project has no file \"%s\"".formatted(size.asText()));
          var definition = texts.getOrDefault("datasets/%s.yaml".formatted(dataset), "");
          yield new Sample.File(size.asText(), text, definition);
        }
      };
    }
  }

  /** CEL that must be true of what the steps came to. */
  record Expectation(YamlNode place, String source) {}
}
