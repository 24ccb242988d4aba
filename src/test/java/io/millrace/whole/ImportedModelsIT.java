package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Models made elsewhere, imported and deployed by the command line, answer as their makers'
 * libraries do.
 */
final class ImportedModelsIT {
  private static final Path MODELS = Program.HOME.resolve("src/test/resources/models");

  @TempDir static Path folder;
  private static Program program;

  @BeforeAll
  static void start() {
    program = Program.up(folder.resolve("data"));
  }

  @AfterAll
  static void stop() {
    program.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"titanic_logreg", "diamonds_mlp", "digits_cnn"})
  void everyCaseIsAnsweredWithinItsTolerance(String name) throws Exception {
    program.done("model", "import", name, MODELS.resolve(name + ".onnx").toString());
    program.done("deploy", name, "--model", name + "/1");
    var cases = Json.parse(Files.readString(MODELS.resolve(name + ".cases.json")));
    var answer = program.post("/v2/models/" + name + "/infer", cases.path("request").toString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.headers().firstValue("x-millrace-prediction-id")).isPresent();
    var outputs = Json.parse(answer.body()).path("outputs");
    for (var expected : cases.path("response").path("outputs")) {
      close(
          expected,
          output(outputs, expected.path("name").asText()),
          cases.path("relative_tolerance").asDouble());
    }
  }

  private static JsonNode output(JsonNode outputs, String name) {
    for (var output : outputs) if (output.path("name").asText().equals(name)) return output;
    throw new AssertionError("no output " + name + " in " + outputs);
  }

  private static void close(JsonNode expected, JsonNode got, double relative) {
    assertThat(got.path("shape")).isEqualTo(expected.path("shape"));
    assertThat(got.path("datatype")).isEqualTo(expected.path("datatype"));
    var data = expected.path("data");
    assertThat(got.path("data").size()).isEqualTo(data.size());
    double largest = 1;
    for (var value : data) largest = Math.max(largest, Math.abs(value.asDouble()));
    for (int i = 0; i < data.size(); i++) {
      assertThat(Math.abs(got.path("data").get(i).asDouble() - data.get(i).asDouble()))
          .as("%s, element %d", expected.path("name").asText(), i)
          .isLessThanOrEqualTo(relative * largest);
    }
  }
}
