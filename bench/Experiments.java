import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * MLflow's protocol on Millrace and on MLflow's own server, one after the other in one run, by the
 * same load.
 *
 * <p>Options, as --name=value: only (log-metric, log-batch, search, history, artifacts, memory,
 * client, disk; or scale, which is Millrace alone and not among the defaults), servers (millrace,
 * mlflow), runs, points, megabytes, seconds, folder; for scale see Scale.
 */
final class Experiments {
  static final String API = "/api/2.0/mlflow/";
  private static final List<String> PARTS =
      List.of(
          "disk", "memory", "log-metric", "log-batch", "search", "history", "artifacts", "client");

  private final Map<String, String> options;
  private final Set<String> only;
  private final Path folder;
  private final double seconds;

  /** Measure, then server, then value; and whether more is better. */
  private final Map<String, Map<String, Double>> results = new LinkedHashMap<>();

  private final Map<String, String> units = new TreeMap<>();

  private Experiments(Map<String, String> options) throws IOException {
    this.options = options;
    only = Set.of(options.getOrDefault("only", String.join(",", PARTS)).split(","));
    seconds = Double.parseDouble(options.getOrDefault("seconds", "5"));
    folder =
        Files.createTempDirectory(
            Path.of(options.getOrDefault("folder", System.getProperty("java.io.tmpdir"))),
            "millrace-experiments");
  }

  public static void main(String[] arguments) throws Exception {
    var options = new TreeMap<String, String>();
    for (var argument : arguments) {
      if (!argument.matches("--[a-z-]+=.*"))
        throw new IllegalArgumentException("got '" + argument + "', expected --name=value");
      options.put(
          argument.substring(2, argument.indexOf('=')),
          argument.substring(argument.indexOf('=') + 1));
    }
    var bench = new Experiments(options);
    try {
      if (bench.only.contains("scale")) new Scale(options, bench.folder).run();
      else bench.run();
    } finally {
      delete(bench.folder);
    }
  }

  private void run() throws Exception {
    var servers = List.of(options.getOrDefault("servers", "millrace,mlflow").split(","));
    System.out.printf(
        "%d processors, %s %s, JDK %s%n",
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name"),
        System.getProperty("os.arch"),
        Runtime.version());
    if (only.contains("disk")) disk();
    if (servers.contains("millrace")) {
      try (var peer = Peer.millrace(folder.resolve("millrace"))) {
        measure("Millrace", peer, null);
      }
    }
    if (servers.contains("mlflow")) {
      Peer.helper("install");
      var store = folder.resolve("mlflow");
      boolean filled = only.contains("search") || only.contains("history");
      var ids =
          Peer.helper(
                  "load",
                  store.toString(),
                  filled ? runs() + "" : "1",
                  filled ? points() + "" : "1")
              .split("\\s+");
      System.out.println(Peer.helper("about", store.toString()));
      for (int workers : new int[] {0, 1}) {
        try (var peer = Peer.mlflow(store, workers)) {
          measure(
              workers == 0 ? "MLflow, default workers" : "MLflow, 1 worker",
              peer,
              new Loaded(ids[ids.length - 2], ids[ids.length - 1]));
        }
      }
    }
    table();
  }

  /**
   * The experiment with many runs, and the run with a long metric, where they are there already.
   */
  private record Loaded(String experiment, String run) {}

  private int runs() {
    return Integer.parseInt(options.getOrDefault("runs", "20000"));
  }

  private int points() {
    return Integer.parseInt(options.getOrDefault("points", "100000"));
  }

  private void measure(String server, Peer peer, Loaded loaded) throws Exception {
    part(
        server,
        "memory",
        () -> {
          Thread.sleep(10_000);
          var resident = peer.resident();
          put(
              "idle memory (" + (server.equals("Millrace") ? "one process" : "all processes") + ")",
              server,
              resident.getKey() / 1e6,
              "MB");
          System.out.printf("%s: %d processes%n", server, resident.getValue());
        });
    part(
        server,
        "log-metric",
        () -> {
          for (int connections : new int[] {1, 16}) logMetric(server, peer.url, connections);
        });
    part(
        server,
        "log-batch",
        () -> {
          for (int connections : new int[] {1, 4}) {
            logBatch(server, peer.url, connections, true);
            logBatch(server, peer.url, connections, false);
          }
        });
    part(server, "search", () -> search(server, peer.url, loaded));
    part(server, "history", () -> history(server, peer.url, loaded));
    part(server, "artifacts", () -> artifacts(server, peer));
    part(
        server,
        "client",
        () ->
            put(
                "log_metric by the Python client",
                server,
                Double.parseDouble(Peer.helper("client", peer.url, String.valueOf(seconds))),
                "/s"));
  }

  /** What one part's failure stops is that part. */
  private void part(String server, String name, Peer.Action action) {
    if (!only.contains(name)) return;
    long begin = System.nanoTime();
    try {
      action.run();
    } catch (Exception e) {
      System.out.printf("%s: %s failed: %s%n", server, name, e);
    }
    System.out.printf("%s: %s took %.0f s%n", server, name, (System.nanoTime() - begin) / 1e9);
  }

  static String experiment(Wire wire, String name) throws IOException {
    return Wire.field(
        wire.post(
            API + "experiments/create", "{\"name\":\"%s %d\"}".formatted(name, System.nanoTime())),
        "experiment_id");
  }

  static String run(Wire wire, String experiment) throws IOException {
    return Wire.field(
        wire.post(
            API + "runs/create",
            "{\"experiment_id\":\"%s\",\"start_time\":%d}"
                .formatted(experiment, System.currentTimeMillis())),
        "run_id");
  }

  private static List<String> newRuns(String url, int count) throws IOException {
    try (var wire = new Wire(url)) {
      var experiment = experiment(wire, "bench");
      var made = new ArrayList<String>();
      for (int i = 0; i < count; i++) made.add(run(wire, experiment));
      return made;
    }
  }

  private void logMetric(String server, String url, int connections) throws Exception {
    var runs = newRuns(url, connections);
    Wire.Request request =
        (wire, c, n) ->
            wire.post(
                API + "runs/log-metric",
                "{\"run_id\":\"%s\",\"key\":\"loss\",\"value\":0.%d,\"timestamp\":%d,\"step\":%d}"
                    .formatted(runs.get(c), n, 1_700_000_000_000L + n, n)
                    .getBytes(StandardCharsets.UTF_8));
    Wire.load(url, connections, seconds / 5, (wire, c, n) -> request.send(wire, c, n + 10_000_000));
    var load = Wire.load(url, connections, seconds, request);
    put(
        "log_metric, %d connection%s".formatted(connections, connections == 1 ? "" : "s"),
        server,
        load.perSecond(),
        "/s");
    System.out.printf(
        Locale.ROOT,
        "%s: log_metric from %d: p50 %.2f ms, p99 %.2f ms%n",
        server,
        connections,
        load.quantile(0.5),
        load.quantile(0.99));
  }

  /** A batch of so many metrics at this step, of as many keys or of one. */
  static byte[] batch(String run, int size, boolean keys, long step) {
    var body =
        new StringBuilder(size * 70)
            .append("{\"run_id\":\"")
            .append(run)
            .append("\",\"metrics\":[");
    for (int i = 0; i < size; i++) {
      long at = keys ? step : step * size + i;
      body.append(i == 0 ? "" : ",")
          .append("{\"key\":\"")
          .append(keys ? "key-" + i : "key")
          .append("\",\"value\":")
          .append(at * 0.5 + i)
          .append(",\"timestamp\":")
          .append(1_700_000_000_000L + at)
          .append(",\"step\":")
          .append(at)
          .append('}');
    }
    return body.append("]}").toString().getBytes(StandardCharsets.UTF_8);
  }

  private void logBatch(String server, String url, int connections, boolean keys) throws Exception {
    var runs = newRuns(url, connections);
    Wire.Request request =
        (wire, c, n) -> wire.post(API + "runs/log-batch", batch(runs.get(c), 1000, keys, n));
    Wire.load(url, connections, seconds / 5, (wire, c, n) -> request.send(wire, c, n + 1_000_000));
    var load = Wire.load(url, connections, seconds, request);
    put(
        "log_batch of 1,000 metrics, %s, %d connection%s"
            .formatted(keys ? "1,000 keys" : "one key", connections, connections == 1 ? "" : "s"),
        server,
        load.perSecond(),
        "/s");
    System.out.printf(
        Locale.ROOT,
        "%s: log_batch from %d, %s: p50 %.1f ms, p99 %.1f ms%n",
        server,
        connections,
        keys ? "1,000 keys" : "one key",
        load.quantile(0.5),
        load.quantile(0.99));
  }

  /** Runs with 20 metrics and 20 params each, as bench/load_mlflow.py inserts them. */
  private String fill(String url) throws Exception {
    String experiment;
    try (var wire = new Wire(url)) {
      experiment = experiment(wire, "bench search");
    }
    int connections = 8;
    int each = runs() / connections;
    Wire.load(
        url,
        connections,
        1e6,
        each,
        (wire, c, n) -> {
          var random = new Random(c * 1_000_000L + n);
          var body =
              new StringBuilder("{\"run_id\":\"")
                  .append(run(wire, experiment))
                  .append("\",\"metrics\":[");
          for (int k = 0; k < 20; k++)
            body.append(k == 0 ? "" : ",")
                .append("{\"key\":\"m")
                .append(k)
                .append("\",\"value\":")
                .append(random.nextDouble())
                .append(",\"timestamp\":")
                .append(1_700_000_000_000L + n)
                .append(",\"step\":0}");
          body.append("],\"params\":[");
          for (int k = 0; k < 20; k++)
            body.append(k == 0 ? "" : ",")
                .append("{\"key\":\"p")
                .append(k)
                .append("\",\"value\":\"value ")
                .append(n % (k + 2))
                .append("\"}");
          wire.post(API + "runs/log-batch", body.append("]}").toString());
        });
    return experiment;
  }

  private void search(String server, String url, Loaded loaded) throws Exception {
    var experiment = loaded == null ? fill(url) : loaded.experiment();
    try (var wire = new Wire(url)) {
      for (int size : new int[] {1000, 10}) {
        var body =
            "{\"experiment_ids\":[\"%s\"],\"filter\":\"metrics.m3 > 0.1\",\"order_by\":[\"metrics.m5 DESC\"],\"max_results\":%d}"
                .formatted(experiment, size);
        double took =
            median(
                size == 1000 ? 5 : 9,
                () -> {
                  var found = wire.post(API + "runs/search", body);
                  int runs = found.split("\"artifact_uri\"").length - 1;
                  if (runs != Math.min(size, runs() * 7 / 10) && runs != size)
                    throw new IllegalStateException(runs + " runs, expected " + size);
                });
        put(
            "search over %,d runs x 40 values: %s"
                .formatted(runs(), size == 1000 ? "page of 1,000 by a metric" : "top 10"),
            server,
            took,
            "ms");
      }
    }
  }

  private void history(String server, String url, Loaded loaded) throws Exception {
    try (var wire = new Wire(url)) {
      String run;
      if (loaded == null) {
        run = newRuns(url, 1).getFirst();
        for (int step = 0; step < points() / 1000; step++)
          wire.post(
              API + "runs/log-batch",
              new String(batch(run, 1000, false, step), StandardCharsets.UTF_8)
                  .replace("\"key\":\"key\"", "\"key\":\"long\""));
      } else {
        run = loaded.run();
      }
      double took =
          median(
              7,
              () -> {
                var answer =
                    wire.get(
                        "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids=%s&metric_key=long&max_results=320"
                            .formatted(run));
                int got = answer.split("\"step\"").length - 1;
                if (got < 100 || got > 330)
                  throw new IllegalStateException(got + " points, expected about 320");
              });
      put("chart of %,d points in 320".formatted(points()), server, took, "ms");
    }
  }

  private void artifacts(String server, Peer peer) throws Exception {
    long size = Long.parseLong(options.getOrDefault("megabytes", "1024")) << 20;
    var block = new byte[1 << 20];
    new Random(5).nextBytes(block);
    try (var wire = new Wire(peer.url)) {
      var experiment = experiment(wire, "bench artifacts");
      var path =
          "/api/2.0/mlflow-artifacts/artifacts/%s/%s/artifacts/large.bin"
              .formatted(experiment, run(wire, experiment));
      long before = peer.resident().getKey();
      var took = new double[1];
      long up =
          peer.peak(() -> {
            long begin = System.nanoTime();
            wire.upload(path, block, size);
            took[0] = (System.nanoTime() - begin) / 1e9;
          });
      put("artifact up", server, size / 1e6 / took[0], "MB/s");
      long down =
          peer.peak(() -> {
            long begin = System.nanoTime();
            if (wire.download(path) != size)
              throw new IllegalStateException("the artifact came back with another size");
            took[0] = (System.nanoTime() - begin) / 1e9;
          });
      put("artifact down", server, size / 1e6 / took[0], "MB/s");
      put("peak memory, artifact up", server, up / 1e6, "MB");
      put("peak memory, artifact down", server, down / 1e6, "MB");
      System.out.printf(
          Locale.ROOT,
          "%s: resident %.0f MB before, at most %.0f MB while it went up and %.0f MB while it came down%n",
          server,
          before / 1e6,
          up / 1e6,
          down / 1e6);
    }
  }

  /** What 200 times fdatasync of 4 KB took, in milliseconds, the shortest first. */
  static double[] syncs(Path folder) throws IOException {
    var syncs = new double[200];
    try (var file =
        FileChannel.open(
            folder.resolve("sync"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (int i = 0; i < syncs.length; i++) {
        file.write(ByteBuffer.wrap(new byte[4096]));
        long begin = System.nanoTime();
        file.force(false);
        syncs[i] = (System.nanoTime() - begin) / 1e6;
      }
    }
    Arrays.sort(syncs);
    return syncs;
  }

  /** What the disk and the processor allow: the limits of everything above. */
  private void disk() throws Exception {
    var syncs = syncs(folder);
    var block = ByteBuffer.allocateDirect(1 << 20);
    long begin = System.nanoTime();
    try (var file =
        FileChannel.open(
            folder.resolve("written"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (int i = 0; i < 1024; i++) file.write(block.clear());
      file.force(false);
    }
    double written = (1024 << 20) / 1e6 / ((System.nanoTime() - begin) / 1e9);
    Files.delete(folder.resolve("written"));
    var sha = MessageDigest.getInstance("SHA-256");
    var bytes = new byte[1 << 20];
    for (int i = 0; i < 200; i++) sha.update(bytes);
    begin = System.nanoTime();
    for (int i = 0; i < 500; i++) sha.update(bytes);
    System.out.printf(
        Locale.ROOT,
        "disk: fdatasync of 4 KB %.2f ms median, %.2f ms at 99 %%; writes %.0f MB/s; SHA-256 %.0f MB/s a thread%n",
        syncs[100],
        syncs[197],
        written,
        (500 << 20) / 1e6 / ((System.nanoTime() - begin) / 1e9));
  }

  /**
   * Milliseconds, after one time that does not count; fewer times where they take more than 20
   * seconds together.
   */
  static double median(int times, Peer.Action action) throws Exception {
    var took = new ArrayList<Double>();
    long end = System.nanoTime() + 20_000_000_000L;
    for (int i = 0; i <= times && (took.isEmpty() || System.nanoTime() < end); i++) {
      long begin = System.nanoTime();
      action.run();
      if (i > 0 || System.nanoTime() > end) took.add((System.nanoTime() - begin) / 1e6);
    }
    took.sort(null);
    return took.get(took.size() / 2);
  }

  private void put(String measure, String server, double value, String unit) {
    results
        .computeIfAbsent(
            measure.replace(" (one process)", "").replace(" (all processes)", ""),
            _ -> new LinkedHashMap<>())
        .put(server, value);
    units.put(measure.replace(" (one process)", "").replace(" (all processes)", ""), unit);
  }

  private void table() {
    var servers = results.values().stream().flatMap(r -> r.keySet().stream()).distinct().toList();
    System.out.printf(
        "%n| | unit | %s | times better than MLflow's best |%n|%s%n",
        String.join(" | ", servers), "---|".repeat(servers.size() + 3));
    results.forEach((measure, values) -> {
      var unit = units.get(measure);
      boolean more = unit.endsWith("/s");
      var cells =
          servers.stream().map(s -> values.containsKey(s) ? number(values.get(s)) : "-").toList();
      var theirs =
          values.entrySet().stream()
              .filter(e -> !e.getKey().equals("Millrace"))
              .map(Map.Entry::getValue);
      var best = theirs.min(more ? Comparator.reverseOrder() : Comparator.naturalOrder());
      var ours = values.get("Millrace");
      var ratio =
          ours == null || best.isEmpty()
              ? "-"
              : number(more ? ours / best.get() : best.get() / ours);
      System.out.printf("| %s | %s | %s | %s |%n", measure, unit, String.join(" | ", cells), ratio);
    });
  }

  private static String number(double value) {
    return String.format(
        Locale.ROOT, value >= 100 ? "%,.0f" : value >= 10 ? "%.1f" : "%.2f", value);
  }

  static void delete(Path folder) throws IOException {
    List<Path> files;
    try (var walked = Files.walk(folder)) {
      files = walked.sorted(Comparator.reverseOrder()).toList();
    }
    for (var file : files) Files.deleteIfExists(file);
  }
}
