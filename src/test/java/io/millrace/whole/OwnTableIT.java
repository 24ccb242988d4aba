package io.millrace.whole;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.base.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One's own table becomes a served model with no hand-editing. */
final class OwnTableIT {
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

  private static void served(String name, Path table, String label) {
    var project = folder.resolve(name);
    program.done("init", project.toString(), "--data", table.toString(), "--label", label);
    program.done("apply", project.toString());
    var run = program.done("run", name, "--follow", "--json").json();
    assertThat(run.path("state").asText()).isEqualTo("succeeded");
    var answered = program.done("predict", name, "--input", table.toString(), "--json").json();
    assertThat(answered.path("predictions").size()).isGreaterThan(100);
  }

  @Test
  void theTitanicPassengersDo() {
    served("titanic", Program.HOME.resolve("src/test/resources/data/titanic.csv"), "survived");
  }

  @Test
  void aTableWithSpacesSemicolonsAndQuotesDoes() throws Exception {
    var random = new Random(11);
    var text =
        new StringBuilder(
            "\"Customer No\";\"Monthly spend (EUR)\";Home town;\"Said \"\"yes\"\"?\"\n");
    String[] towns = {"\"Aix; en Provence\"", "'s-Hertogenbosch", "\"Bad \"\"Quote\"\" Town\"", ""};
    for (int i = 0; i < 600; i++) {
      double spend = 20 + 100 * random.nextDouble();
      int town = random.nextInt(4);
      boolean yes = spend + 20 * town + 15 * random.nextGaussian() > 100;
      text.append(
          String.format(
              Locale.ROOT,
              "%d;%s;%s;%s%n",
              1000 + i,
              random.nextInt(20) == 0 ? "" : String.format(Locale.ROOT, "%.2f", spend),
              towns[town],
              yes ? "yes" : "no"));
    }
    var table = folder.resolve("odd table.csv");
    Files.writeString(table, text);
    served("odd", table, "Said \"yes\"?");
  }

  @Test
  void aNumberToPredictMakesARegression() throws Exception {
    var random = new Random(12);
    var text = new StringBuilder("{\"size\": 50, \"zone\": \"a\", \"rent\": 500.5}\n");
    for (int i = 0; i < 500; i++) {
      double size = 20 + 100 * random.nextDouble();
      var zone = "abc".charAt(random.nextInt(3));
      text.append(
              Json.write(
                  Json.object()
                      .put("size", size)
                      .put("zone", String.valueOf(zone))
                      .put("rent", 9.5 * size + 100 * (zone - 'a') + 20 * random.nextGaussian())))
          .append('\n');
    }
    var table = folder.resolve("rents.jsonl");
    Files.writeString(table, text);
    served("rents", table, "rent");
  }
}
