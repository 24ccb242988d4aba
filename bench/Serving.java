import io.millrace.artifacts.Artifacts;
import io.millrace.base.Json;
import io.millrace.models.DataType;
import io.millrace.models.Models;
import io.millrace.models.Tensor;
import io.millrace.models.onnx.OnnxGraph;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Predictions of one row as JSON, with the prediction log on: throughput, processor time and delays
 * beside MLServer, BentoML and Triton's Python backend; what is added to the runtime's own call;
 * batching; twice the capacity; models that are swapped under load. Needs wrk.
 *
 * <p>Options, as --name=value: only (throughput, peers, overhead, batching, overload, swaps),
 * seconds (of each measurement), folder.
 */
final class Serving {
  private static final Path HOME = Path.of(System.getProperty("millrace.home"));
  private static final Path MODELS = HOME.resolve("src/test/resources/models");
  private static final String INFER = "/v2/models/%s/infer";
  private static final int PAUSE_MILLIS = 100;
  private static final int WIDTH = 1_536;
  private static final int MOST_LAYERS = 8;
  private static final int[] CONNECTIONS = {1, 8, 32};

  private final Path folder;
  private final int seconds;
  private final String diamond;

  private Serving(Path folder, int seconds) throws IOException {
    this.folder = folder;
    this.seconds = seconds;
    this.diamond = firstRow(MODELS.resolve("diamonds_mlp.cases.json"));
  }

  public static void main(String[] arguments) throws Exception {
    var options = Pipelines.options(arguments);
    var folder =
        Files.createTempDirectory(
            Path.of(options.getOrDefault("folder", System.getProperty("java.io.tmpdir"))),
            "millrace-serving");
    var bench = new Serving(folder, Integer.parseInt(options.getOrDefault("seconds", "5")));
    var only =
        Set.of(
            options
                .getOrDefault("only", "throughput,peers,overhead,batching,overload,swaps")
                .split(","));
    System.out.printf(
        "others' load before: %s%n", Files.readString(Path.of("/proc/loadavg")).trim());
    if (only.contains("peers")) bench.peers();
    try (var server = Running.millrace(folder.resolve("data"))) {
      if (only.contains("throughput")) bench.throughput(server);
      if (only.contains("overhead")) bench.overhead(server);
      if (only.contains("batching")) bench.batching(server);
      if (only.contains("overload")) bench.overload(server);
      if (only.contains("swaps")) bench.swaps(server);
    }
  }

  /** What wrk says, and the server's processor time for each request. */
  private record Wrk(double perSecond, String p50, String p99, double cpuMicros, String errors) {
    private static final Pattern NUMBER = Pattern.compile("Requests/sec:\\s+([\\d.]+)");
    private static final Pattern COUNT = Pattern.compile("(\\d+) requests in");
    private static final Pattern ERRORS = Pattern.compile("(Non-2xx.*|Socket errors.*)");

    private static String found(Pattern pattern, String text) {
      var matcher = pattern.matcher(text);
      return matcher.find() ? matcher.group(1) : "";
    }

    String cells() {
      return String.format(Locale.ROOT, "%,.0f | %s / %s | %,.1f", perSecond, p50, p99, cpuMicros)
          + (errors.isEmpty() ? "" : " (" + errors + ")");
    }
  }

  private Wrk wrk(Running server, String model, String body, int connections, int length)
      throws Exception {
    var script =
        Files.writeString(
            folder.resolve("wrk.lua"),
            "wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = [==["
                + body
                + "]==]\n");
    double before = server.cpu();
    var process =
        new ProcessBuilder(
                "wrk",
                "-t1",
                "-c" + connections,
                "-d" + length,
                "--latency",
                "--timeout",
                "20s",
                "-s",
                script.toString(),
                server.url() + INFER.formatted(model))
            .redirectErrorStream(true)
            .start();
    var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) throw new IllegalStateException(said);
    double cpu = server.cpu() - before;
    return new Wrk(
        Double.parseDouble(Wrk.found(Wrk.NUMBER, said)),
        Wrk.found(Pattern.compile("\\n +50%\\s+(\\S+)"), said),
        Wrk.found(Pattern.compile("\\n +99%\\s+(\\S+)"), said),
        cpu * 1e6 / Long.parseLong(Wrk.found(Wrk.COUNT, said)),
        Wrk.found(Wrk.ERRORS, said));
  }

  private static String firstRow(Path cases) throws IOException {
    var request = Json.parse(Files.readString(cases)).path("request");
    var one = Json.object();
    for (var input : request.path("inputs")) {
      var tensor = Json.object().put("name", input.path("name").asText());
      int width = 1;
      var shape = tensor.putArray("shape").add(1);
      for (int i = 1; i < input.path("shape").size(); i++) {
        shape.add(input.path("shape").get(i));
        width *= input.path("shape").get(i).asInt();
      }
      tensor.put("datatype", input.path("datatype").asText());
      var data = tensor.putArray("data");
      for (int i = 0; i < width; i++) data.add(input.path("data").get(i));
      one.withArray("inputs").add(tensor);
    }
    return one.toString();
  }

  private void table(String title, List<String> head, List<String> rows) {
    System.out.printf(
        "%n%s%n%n| %s |%n|%s%n%s%n",
        title, String.join(" | ", head), "---|".repeat(head.size()), String.join("\n", rows));
  }

  private void deploy(Running server, String name, Path onnx) throws Exception {
    server.command("model", "import", name, onnx.toString());
    server.command("deploy", name, "--model", name + "/1");
  }

  private void throughput(Running server) throws Exception {
    deploy(server, "m", MODELS.resolve("diamonds_mlp.onnx"));
    wrk(server, "m", diamond, 8, 3 * seconds);
    var rows = new ArrayList<String>();
    for (int connections : CONNECTIONS)
      rows.add(
          "| millrace | %d | %s |"
              .formatted(connections, wrk(server, "m", diamond, connections, seconds).cells()));
    table("Throughput", List.of("", "connections", "a second", "p50 / p99", "processor us"), rows);
  }

  private void peers() throws Exception {
    var rows = new ArrayList<String>();
    record Configuration(String name, int workers) {}
    for (var peer :
        List.of(
            new Configuration("mlserver", 0),
            new Configuration("mlserver", 2),
            new Configuration("bentoml", 1),
            new Configuration("bentoml", 2),
            new Configuration("triton", 1),
            new Configuration("triton", 2))) {
      var name = peer.name() + ", workers " + peer.workers();
      try (var server =
          Running.peer(folder.resolve(peer.name() + peer.workers()), peer.name(), peer.workers())) {
        server.ready(INFER.formatted("m"), diamond);
        wrk(server, "m", diamond, 8, seconds);
        for (int connections : CONNECTIONS)
          rows.add(
              "| %s | %d | %s |"
                  .formatted(
                      name, connections, wrk(server, "m", diamond, connections, seconds).cells()));
      } catch (IllegalStateException | IOException e) {
        rows.add("| %s | not run: %s |".formatted(name, e.getMessage()));
      }
    }
    table("Peers", List.of("", "connections", "a second", "p50 / p99", "processor us"), rows);
  }

  /** What comes to the runtime's own call, at 2,000 requests a second. */
  private void overhead(Running server) throws Exception {
    deploy(server, "overhead", MODELS.resolve("diamonds_mlp.onnx"));
    var body = diamond.getBytes(StandardCharsets.UTF_8);
    var path = INFER.formatted("overhead");
    wrk(server, "overhead", diamond, 8, seconds);
    load(server, path, body, 8, 2_000, 3, Load.Waiting.SPINNING);
    var over = load(server, path, body, 8, 2_000, 2 * seconds, Load.Waiting.SPINNING);
    var bare = bare(MODELS.resolve("diamonds_mlp.onnx"), Json.parse(diamond));
    table(
        "Over the runtime's own call, at 2,000 a second",
        List.of("", "p50", "p99", "errors"),
        List.of(row("over HTTP", over), row("ONNX Runtime, called from Java", bare)));
  }

  private static String row(String name, Load.Result result) {
    return String.format(
        Locale.ROOT,
        "| %s | %.3f ms | %.3f ms | %d |",
        name,
        Load.quantile(result.good(), 0.5),
        Load.quantile(result.good(), 0.99),
        result.failures());
  }

  private Load.Result bare(Path onnx, com.fasterxml.jackson.databind.JsonNode request)
      throws Exception {
    var artifacts = new Artifacts(folder.resolve("bare"));
    var models = new Models(artifacts);
    try (var model = models.load(models.importOnnx("bare", artifacts.putFile(onnx)))) {
      var tensors = new ArrayList<Tensor>();
      for (var input : request.path("inputs")) {
        var shape = new long[input.path("shape").size()];
        for (int i = 0; i < shape.length; i++) shape[i] = input.path("shape").get(i).asLong();
        int n = input.path("data").size();
        boolean whole = input.path("datatype").asText().equals("INT64");
        var floats = new float[n];
        var longs = new long[n];
        for (int i = 0; i < n; i++) {
          floats[i] = input.path("data").get(i).floatValue();
          longs[i] = input.path("data").get(i).asLong();
        }
        tensors.add(
            new Tensor(
                input.path("name").asText(),
                whole ? DataType.INT64 : DataType.FP32,
                shape,
                whole ? longs : floats));
      }
      var took = new double[50_000];
      int calls = 0;
      for (int pass = 0; pass < 2; pass++) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        for (calls = 0; calls < took.length && System.nanoTime() < end; calls++) {
          long t = System.nanoTime();
          var _ = model.run(tensors);
          took[calls] = (System.nanoTime() - t) / 1e6;
        }
      }
      var sorted = Arrays.copyOf(took, calls);
      Arrays.sort(sorted);
      return new Load.Result(1, sorted, Map.of(), null);
    }
  }

  /** A perceptron as deep as makes a call of one row take about a millisecond. */
  private Path wide() throws Exception {
    var file = folder.resolve("wide.onnx");
    if (Files.exists(file)) return file;
    var request = Json.parse(row(64));
    double millis = 0;
    for (int layers = 1; layers <= MOST_LAYERS && millis < 0.9; layers++) {
      Files.write(file, perceptron(layers));
      millis = Load.quantile(bare(file, request).good(), 0.5);
      System.out.printf(
          Locale.ROOT, "perceptron of %d layers of %d: %.2f ms a row%n", layers, WIDTH, millis);
    }
    return file;
  }

  private static byte[] perceptron(int layers) {
    var random = new Random(7);
    var graph = new OnnxGraph("wide");
    var x = graph.input("x", DataType.FP32, -1, 64);
    int before = 64;
    for (int layer = 0; layer <= layers; layer++) {
      int size = layer < layers ? WIDTH : 1;
      var weights = new float[before * size];
      for (int i = 0; i < weights.length; i++)
        weights[i] = (float) (random.nextGaussian() / Math.sqrt(before));
      var w =
          graph.constant(
              new Tensor("w" + layer, DataType.FP32, new long[] {before, size}, weights));
      x = graph.add("MatMul", x, w);
      if (size > 1) x = graph.add("Relu", x);
      before = size;
    }
    graph.output(x, DataType.FP32, -1, 1);
    return graph.bytes();
  }

  private static String row(int width) {
    var random = new Random(3);
    var request = Json.object();
    var input = request.putArray("inputs").addObject().put("name", "x").put("datatype", "FP32");
    input.putArray("shape").add(1).add(width);
    var data = input.putArray("data");
    for (int i = 0; i < width; i++) data.add(Math.round(random.nextGaussian() * 1000) / 1000.0);
    return request.toString();
  }

  private void batching(Running server) throws Exception {
    deploy(server, "wide", wide());
    deploy(server, "cheap", MODELS.resolve("diamonds_mlp.onnx"));
    var rows = new ArrayList<String>();
    for (var model : List.of("wide", "cheap")) {
      var body = model.equals("wide") ? row(64) : diamond;
      wrk(server, model, body, 8, seconds);
      for (int connections : new int[] {1, 32}) {
        for (var batch : List.of("1", "default")) {
          server.command("endpoint", "set", model, "--batch", batch);
          wrk(server, model, body, connections, 1);
          rows.add(
              "| %s | %s | %d | %s |"
                  .formatted(
                      model,
                      batch.equals("1") ? "off" : "on",
                      connections,
                      wrk(server, model, body, connections, seconds).cells()));
        }
      }
    }
    table(
        "Batching",
        List.of("model", "batching", "connections", "a second", "p50 / p99", "processor us"),
        rows);
  }

  /**
   * The model may use one processor of two, so that those who answer and refuse have the other; and
   * both, so that they take from the model's time.
   */
  private void overload(Running server) throws Exception {
    deploy(server, "slow", wide());
    server.command("endpoint", "set", "slow", "--batch", "1", "--timeout", "200ms");
    var body = row(64).getBytes(StandardCharsets.UTF_8);
    var path = INFER.formatted("slow");
    var rows = new ArrayList<String>();
    for (int calls : new int[] {1, 2}) {
      server.command("endpoint", "set", "slow", "--concurrency", String.valueOf(calls));
      load(server, path, body, 32, 0, seconds, Load.Waiting.SLEEPING);
      double capacity =
          load(server, path, body, 32, 0, seconds, Load.Waiting.SLEEPING).goodPerSecond();
      var before = metrics(server, "slow");
      var twice = load(server, path, body, 400, 2 * capacity, 2 * seconds, Load.Waiting.SLEEPING);
      var after = metrics(server, "slow");
      var refused = twice.others().getOrDefault(429, new double[0]);
      rows.add(
          String.format(
              Locale.ROOT,
              "| %d | %,.0f | %,.0f, %.1f %% | %.0f / %.0f ms | %,d: %.1f / %.1f ms | %s |",
              calls,
              capacity,
              twice.goodPerSecond(),
              100 * twice.goodPerSecond() / capacity,
              Load.quantile(twice.good(), 0.5),
              Load.quantile(twice.good(), 0.99),
              refused.length,
              Load.quantile(refused, 0.5),
              Load.quantile(refused, 0.99),
              difference(before, after)));
    }
    table(
        "Twice the capacity (a model of 1 ms, batching off, 200 ms allowed)",
        List.of(
            "calls at once",
            "capacity, a second",
            "good answers then",
            "took, p50 / p99",
            "refused: told after, p50 / p99",
            "the server counted"),
        rows);
    deploy(server, "fast", MODELS.resolve("diamonds_mlp.onnx"));
    wrk(server, "fast", diamond, 8, seconds);
    var usual = wrk(server, "fast", diamond, 32, seconds);
    var many = wrk(server, "fast", diamond, 512, seconds);
    table(
        "The model of 10 us, more connections than it can serve",
        List.of("connections", "a second", "p50 / p99", "processor us"),
        List.of("| 32 | %s |".formatted(usual.cells()), "| 512 | %s |".formatted(many.cells())));
  }

  private static Load.Result load(
      Running server,
      String path,
      byte[] body,
      int connections,
      double rate,
      double seconds,
      Load.Waiting waiting)
      throws Exception {
    return Load.run(server.url(), path, body, connections, rate, seconds, waiting, () -> {});
  }

  /** The counts of an endpoint's requests by how they ended, and of its model's calls. */
  private static double[] metrics(Running server, String endpoint) throws Exception {
    try (var wire = new Wire(server.url())) {
      var text = wire.get("/metrics");
      var counts = new double[4];
      for (var line : text.split("\n")) {
        if (!line.contains("endpoint=\"" + endpoint + "\"")) continue;
        double value = Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
        if (line.startsWith("millrace_compute_seconds_count")) counts[0] += value;
        if (!line.startsWith("millrace_requests_total")) continue;
        if (line.contains("\"ok\"")) counts[1] += value;
        if (line.contains("\"rejected\"")) counts[2] += value;
        if (line.contains("\"expired\"")) counts[3] += value;
      }
      return counts;
    }
  }

  private static String difference(double[] before, double[] after) {
    return String.format(
        Locale.ROOT,
        "%,.0f calls of the model, %,.0f answered, %,.0f refused, %,.0f expired",
        after[0] - before[0],
        after[1] - before[1],
        after[2] - before[2],
        after[3] - before[3]);
  }

  /** A hundred swaps between two versions at four fifths of what the server can do. */
  private void swaps(Running server) throws Exception {
    deploy(server, "swap", MODELS.resolve("diamonds_mlp.onnx"));
    var other = Files.readAllBytes(MODELS.resolve("diamonds_mlp.onnx"));
    // The same graph with a comment (field 6 of the model) is another package.
    other = Arrays.copyOf(other, other.length + 3);
    other[other.length - 3] = 0x32;
    other[other.length - 2] = 1;
    other[other.length - 1] = 'x';
    server.command(
        "model", "import", "swap", Files.write(folder.resolve("other.onnx"), other).toString());
    var body = diamond.getBytes(StandardCharsets.UTF_8);
    var path = INFER.formatted("swap");
    wrk(server, "swap", diamond, 8, seconds);
    double capacity =
        load(server, path, body, 32, 0, seconds, Load.Waiting.SLEEPING).goodPerSecond();
    double rate = 0.8 * capacity;
    var steady = load(server, path, body, 32, rate, 4 * seconds, Load.Waiting.SLEEPING);
    var swapped =
        Load.run(
            server.url(),
            path,
            body,
            32,
            rate,
            seconds,
            Load.Waiting.SLEEPING,
            () -> {
              try (var wire = new Wire(server.url())) {
                for (int i = 0; i < 100; i++) {
                  wire.post(
                      "/api/v1/endpoints/swap/deploy",
                      "{\"model\":\"swap/%d\"}".formatted(2 - i % 2));
                  Thread.sleep(PAUSE_MILLIS);
                }
              }
            });
    table(
        "100 swaps, %d ms between, at %,.0f requests a second".formatted(PAUSE_MILLIS, rate),
        List.of("", "p50", "p99", "errors"),
        List.of(
            row("steady", steady),
            row("while swapping, %.1f s".formatted(swapped.seconds()), swapped)));
  }
}
