package io.millrace.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Made-up rows for the example model titanic_logreg; some ages are missing. */
public final class Passengers {
  private Passengers() {}

  /** The lines of a CSV file, its header first; equal seeds give equal rows. */
  public static List<String> csv(int rows, long seed) {
    var random = new Random(seed);
    var lines = new ArrayList<String>();
    lines.add("id,age,fare,pclass,sibsp,parch,sex,embarked");
    for (int id = 0; id < rows; id++)
      lines.add(
          "%d,%s,%s,%d,%d,%d,%s,%s"
              .formatted(
                  id,
                  random.nextInt(5) == 0 ? "" : random.nextInt(800) / 10.0,
                  random.nextInt(30_000) / 100.0,
                  1 + random.nextInt(3),
                  random.nextInt(5),
                  random.nextInt(4),
                  random.nextBoolean() ? "male" : "female",
                  List.of("S", "C", "Q").get(random.nextInt(3))));
    return lines;
  }
}
