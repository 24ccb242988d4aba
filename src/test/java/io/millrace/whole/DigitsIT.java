package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.base.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example of images goes its whole way, from a command's model to answers about images. */
class DigitsIT {
  private static final Path EXAMPLE = Program.HOME.resolve("examples/digits");

  @TempDir Path folder;

  @Test
  void aModelThatACommandGivesIsCheckedEvaluatedServedAndScored() throws IOException {
    try (var program = Program.up(folder.resolve("data"))) {
      program.done("apply", EXAMPLE.toString());
      program.done("run", "digits", "--follow");
      var card = Json.parse(program.get("/api/v1/models/digits/versions/1").body());
      assertThat(card.toString()).doesNotContain("golden rows");
      var endpoint = program.done("endpoint", "show", "digits").out();
      assertThat(endpoint).contains("digits/1");

      var rows = folder.resolve("two.csv");
      var header = String.join(",", IntStream.range(0, 64).mapToObj(i -> "image_" + i).toList());
      var image = Files.readString(EXAMPLE.resolve("image.json"));
      var request = Json.parse(image).path("inputs").get(0);
      var pixels = new StringBuilder();
      for (var pixel : request.path("data").get(0).get(0))
        for (var one : pixel) pixels.append(pixels.isEmpty() ? "" : ",").append(one.asText());
      Files.writeString(rows, "%s%n%s%n%s%n".formatted(header, pixels, pixels));
      var answer = Json.parse(program.post("/v2/models/digits/infer", image).body());
      var probabilities = answer.path("outputs").get(1).path("data");
      var predicted =
          program.done("predict", "digits", "--input", rows.toString(), "--json").json();
      assertThat(predicted.path("predictions")).hasSize(2);
      for (int i = 0; i < 10; i++)
        assertThat(predicted.path("predictions").get(1).path("probabilities").get(i).asDouble())
            .isEqualTo(probabilities.get(i).asDouble());

      program.done("score", "digits", "--data", "digits", "--out", "answered");
      var body =
          Json.object()
              .put(
                  "sql",
                  "select avg(cast(list_position(p, list_max(p)) - 1 = label as integer)) from (select label, [probabilities_0, probabilities_1, probabilities_2, probabilities_3, probabilities_4, probabilities_5, probabilities_6, probabilities_7, probabilities_8, probabilities_9] p from answered where split = 'test')");
      body.putArray("datasets").add("answered");
      var accuracy = Json.parse(program.post("/api/v1/query", body.toString()).body());
      assertThat(accuracy.path("rows").path(0).path(0).asDouble())
          .as(accuracy.toString())
          .isGreaterThan(0.93);
    }
  }
}
