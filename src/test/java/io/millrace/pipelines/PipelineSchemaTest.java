package io.millrace.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The published schemas name what the readers know. */
class PipelineSchemaTest {
  private static JsonNode schema(String name) throws IOException {
    return Json.parse(Files.readString(Path.of("docs/reference/schemas", name + ".json")));
  }

  private static List<String> keys(JsonNode object) {
    var keys = new ArrayList<String>();
    object.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  @Test
  void theKeysAreThoseThatAreRead() throws IOException {
    var pipeline = schema("pipeline").path("properties");
    assertThat(keys(pipeline)).containsExactlyInAnyOrderElementsOf(PipelineParser.PIPELINE_KEYS);
    assertThat(keys(pipeline.path("steps").path("additionalProperties").path("properties")))
        .containsExactlyInAnyOrderElementsOf(PipelineParser.STEP_KEYS);
    assertThat(keys(pipeline.path("defaults").path("properties")))
        .containsExactlyInAnyOrderElementsOf(Defaults.KEYS);
    var component = schema("component").path("properties");
    assertThat(keys(component)).containsExactlyInAnyOrderElementsOf(ComponentParser.KEYS);
    var input = component.path("inputs").path("additionalProperties").path("oneOf").path(1);
    assertThat(keys(input.path("properties")))
        .containsExactlyInAnyOrderElementsOf(ComponentParser.INPUT_KEYS);
  }

  @Test
  void theTypesAreThoseThatAreRead() throws IOException {
    var types = new ArrayList<String>();
    schema("component")
        .path("properties")
        .path("outputs")
        .path("additionalProperties")
        .path("oneOf")
        .path(0)
        .path("enum")
        .forEach(type -> types.add(type.asText()));
    assertThat(types).containsExactlyInAnyOrderElementsOf(ProcessParser.TYPES.keySet());
  }
}
