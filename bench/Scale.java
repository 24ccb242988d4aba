import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Millrace with a million runs of 20 metrics, in 50 experiments, and a metric of ten million
 * points, all written through its REST; and 64 writers on one run. Options: experiments, runs (an
 * experiment's), points, connections, url (of a server that runs already).
 */
final class Scale {
  private final Map<String, String> options;
  private final Path folder;
  private final List<String> rows = new ArrayList<>();

  Scale(Map<String, String> options, Path folder) {
    this.options = options;
    this.folder = folder;
  }

  private int option(String name, int standard) {
    return Integer.parseInt(options.getOrDefault(name, String.valueOf(standard)));
  }

  void run() throws Exception {
    if (options.containsKey("url")) {
      run(options.get("url"));
    } else {
      try (var peer = Peer.millrace(folder.resolve("scale"))) {
        run(peer.url);
        System.out.printf(
            Locale.ROOT, "resident at the end: %.0f MB%n", peer.resident().getKey() / 1e6);
      }
    }
    System.out.printf("%n| | measured | wanted |%n|---|---|---|%n%s%n", String.join("\n", rows));
  }

  private void run(String url) throws Exception {
    writers(url);
    batches(url, "at the start");
    int count = option("experiments", 50);
    int each = option("runs", 20_000);
    var experiments = new ArrayList<String>();
    try (var wire = new Wire(url)) {
      for (int i = 0; i < count; i++) experiments.add(Experiments.experiment(wire, "scale " + i));
    }
    fill(url, experiments, each);
    var charted = points(url);
    batches(url, "at the end");
    try (var wire = new Wire(url)) {
      for (int size : new int[] {1000, 10}) {
        search(
            wire,
            "%,d runs of one experiment, page of %,d".formatted(each, size),
            List.of(experiments.get(count / 2)),
            size,
            size == 1000 ? "150 ms" : "");
        search(
            wire,
            "all %,d runs, page of %,d".formatted(count * each, size),
            experiments,
            size,
            size == 1000 ? "1,000 ms" : "");
      }
      double chart =
          Experiments.median(
              15,
              () ->
                  wire.get(
                      "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids=%s&metric_key=key&max_results=320"
                          .formatted(charted)));
      int middle = option("points", 10_000_000) / 2;
      double part =
          Experiments.median(
              15,
              () ->
                  wire.get(
                      "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids=%s&metric_key=key&start_step=%d&end_step=%d&max_results=320"
                          .formatted(charted, middle, middle + 100_000)));
      row("chart of %,d points".formatted(middle * 2), chart, "50 ms");
      row("chart of 100,000 points in their middle", part, "50 ms");
    }
  }

  private void row(String what, double millis, String wanted) {
    rows.add(String.format(Locale.ROOT, "| %s | %,.1f ms | %s |", what, millis, wanted));
    System.out.println(rows.getLast());
  }

  private void search(Wire wire, String what, List<String> experiments, int size, String wanted)
      throws Exception {
    var body =
        "{\"experiment_ids\":[\"%s\"],\"filter\":\"metrics.m3 > 0.1\",\"order_by\":[\"metrics.m3 DESC\"],\"max_results\":%d}"
            .formatted(String.join("\",\"", experiments), size);
    row(
        what,
        Experiments.median(
            7,
            () -> {
              int found =
                  wire.post(Experiments.API + "runs/search", body).split("\"artifact_uri\"").length
                      - 1;
              if (found != size) throw new IllegalStateException(found + " runs, expected " + size);
            }),
        wanted);
  }

  /**
   * A hundred batches of a thousand metrics, one after the other, of a thousand keys and of one.
   */
  private void batches(String url, String when) throws Exception {
    try (var wire = new Wire(url)) {
      var experiment = Experiments.experiment(wire, "batches");
      for (boolean keys : new boolean[] {true, false}) {
        var run = Experiments.run(wire, experiment);
        var load =
            Wire.load(
                url,
                1,
                1e6,
                120,
                (w, c, n) ->
                    w.post(
                        Experiments.API + "runs/log-batch", Experiments.batch(run, 1000, keys, n)));
        row(
            "log_batch of 1,000 metrics, %s, %s, median"
                .formatted(keys ? "1,000 keys" : "one key", when),
            load.quantile(0.5),
            "50 ms");
        row("the same at 99 %", load.quantile(0.99), "");
      }
    }
  }

  private void fill(String url, List<String> experiments, int each) throws Exception {
    int connections = option("connections", 16);
    int total = experiments.size() * each;
    var next = new AtomicInteger();
    long begin = System.nanoTime();
    Wire.load(
        url,
        connections,
        1e6,
        (total + connections - 1) / connections,
        (wire, c, n) -> {
          int number = next.getAndIncrement();
          if (number >= total) return;
          if (number % 100_000 == 0)
            System.out.printf("%,d runs after %.0f s%n", number, (System.nanoTime() - begin) / 1e9);
          var random = new Random(number);
          var body =
              new StringBuilder("{\"run_id\":\"")
                  .append(Experiments.run(wire, experiments.get(number % experiments.size())))
                  .append("\",\"metrics\":[");
          for (int k = 0; k < 20; k++)
            body.append(k == 0 ? "" : ",")
                .append("{\"key\":\"m")
                .append(k)
                .append("\",\"value\":")
                .append(random.nextDouble())
                .append(",\"timestamp\":")
                .append(1_700_000_000_000L + number)
                .append(",\"step\":0}");
          wire.post(Experiments.API + "runs/log-batch", body.append("]}").toString());
        });
    double took = (System.nanoTime() - begin) / 1e9;
    rows.add(
        String.format(
            Locale.ROOT,
            "| %,d runs written in | %,.0f s (%,.0f a second) | |",
            total,
            took,
            total / took));
  }

  /** One metric of many points; answers the run. */
  private String points(String url) throws Exception {
    String run;
    try (var wire = new Wire(url)) {
      run = Experiments.run(wire, Experiments.experiment(wire, "points"));
    }
    int batches = option("points", 10_000_000) / 1000;
    var next = new AtomicInteger();
    long begin = System.nanoTime();
    Wire.load(
        url,
        4,
        1e6,
        (batches + 3) / 4,
        (wire, c, n) -> {
          int number = next.getAndIncrement();
          if (number < batches)
            wire.post(
                Experiments.API + "runs/log-batch", Experiments.batch(run, 1000, false, number));
        });
    double took = (System.nanoTime() - begin) / 1e9;
    rows.add(
        String.format(
            Locale.ROOT,
            "| %,d points of one metric written in | %,.0f s (%,.0f a second) | |",
            batches * 1000,
            took,
            batches * 1000 / took));
    return run;
  }

  /**
   * 64 writers on one run, all on one key and each on its own; nothing is refused, nothing lost.
   */
  private void writers(String url) throws Exception {
    try (var wire = new Wire(url)) {
      var run = Experiments.run(wire, Experiments.experiment(wire, "writers"));
      Wire.load(
          url,
          64,
          1e6,
          20,
          (w, c, n) -> {
            var body = new StringBuilder("{\"run_id\":\"").append(run).append("\",\"metrics\":[");
            for (int i = 0; i < 50; i++) {
              int step = (c * 20 + n) * 50 + i;
              body.append("{\"key\":\"shared\",\"value\":1,\"timestamp\":")
                  .append(step)
                  .append(",\"step\":")
                  .append(step)
                  .append("},");
              body.append("{\"key\":\"own-")
                  .append(c)
                  .append("\",\"value\":1,\"timestamp\":1,\"step\":")
                  .append(n * 50 + i)
                  .append('}')
                  .append(i == 49 ? "" : ",");
            }
            w.post(Experiments.API + "runs/log-batch", body.append("]}").toString());
          });
      int shared = count(wire, run, "shared");
      int own = 0;
      for (int c = 0; c < 64; c++) own += count(wire, run, "own-" + c);
      rows.add(
          "| 64 writers on one run: points there of 64,000 shared and 64,000 own | %,d and %,d | all, and no error |"
              .formatted(shared, own));
      System.out.println(rows.getLast());
    }
  }

  private int count(Wire wire, String run, String key) throws IOException {
    int points = 0;
    String token = "";
    do {
      var page =
          wire.get(
              Experiments.API
                  + "metrics/get-history?run_id=%s&metric_key=%s&max_results=25000%s"
                      .formatted(run, key, token));
      points += page.split("\"step\"").length - 1;
      token =
          page.contains("next_page_token")
              ? "&page_token="
                  + Wire.field(page, "next_page_token").replace("=", "%3D").replace("+", "%2B")
              : "";
    } while (!token.isEmpty());
    return points;
  }
}
