import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Entry;
import io.millrace.artifacts.Manifest;
import io.millrace.base.Database;
import io.millrace.base.Json;
import io.millrace.data.Datasets;
import io.millrace.data.Profiles;
import io.millrace.metadata.Metadata;
import io.millrace.models.Models;
import io.millrace.models.Tensor;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.DriverManager;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** Measures the program as it was built last; prints one table a subject. */
final class Bench {
  private static final Path HOME = Path.of(System.getProperty("millrace.home"));
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  public static void main(String[] names) throws Exception {
    var wanted =
        names.length == 0 ? Set.of("profile", "join", "start", "infer", "writes") : Set.of(names);
    System.out.printf(
        "%s, %d processors, %s %s, JDK %s%n",
        cpu(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name"),
        System.getProperty("os.arch"),
        Runtime.version());
    var folder =
        Files.createTempDirectory(
            Path.of(System.getProperty("bench.folder", System.getProperty("java.io.tmpdir"))),
            "millrace-bench");
    try {
      if (wanted.contains("profile")) profile(Files.createDirectory(folder.resolve("profile")));
      if (wanted.contains("start") || wanted.contains("infer")) infer(folder.resolve("infer"));
      if (wanted.contains("join")) join(folder.resolve("join"));
      if (wanted.contains("writes")) writes(folder.resolve("writes"));
    } finally {
      delete(folder);
    }
  }

  private static String cpu() throws IOException {
    var info = Path.of("/proc/cpuinfo");
    if (!Files.exists(info)) return "unknown processor";
    try (var lines = Files.lines(info)) {
      return lines
          .filter(l -> l.startsWith("model name"))
          .map(l -> l.substring(l.indexOf(':') + 2))
          .findFirst()
          .orElse("unknown processor");
    }
  }

  /**
   * 10 million rows of 20 columns: whole and real numbers, 5 % missing, and text of few and of many
   * values.
   */
  private static void profile(Path folder) throws Exception {
    long rows = Long.getLong("bench.rows", 10_000_000);
    var file = folder.resolve("wide.parquet");
    var columns = new ArrayList<String>(List.of("range as id"));
    for (int i = 1; i <= 12; i++)
      columns.add(
          "case when hash(range, %d) %% 20 = 0 then null else (hash(range, %d) %% 1000003) / 1000.0 - 300 end as real%d"
              .formatted(i, 100 + i, i));
    for (int i = 1; i <= 4; i++)
      columns.add(
          "(hash(range, %d) %% %d)::integer as whole%d"
              .formatted(200 + i, (long) Math.pow(10, i + 1), i));
    for (int i = 1; i <= 3; i++)
      columns.add(
          "'value ' || (hash(range, %d) %% %d) as text%d"
              .formatted(300 + i, (long) Math.pow(10, i), i));
    long t = System.nanoTime();
    try (var connection = DriverManager.getConnection("jdbc:duckdb:");
        var statement = connection.createStatement()) {
      statement.execute(
          "copy (select %s from range(%d)) to '%s' (format parquet)"
              .formatted(String.join(", ", columns), rows, file));
    }
    double made = seconds(t);
    try (var database = Database.open(folder.resolve("bench.db"))) {
      var artifacts = new Artifacts(folder.resolve("artifacts"));
      var datasets =
          new Datasets(
              database,
              artifacts,
              new Metadata(database, Clock.systemUTC()),
              Files.createDirectory(folder.resolve("work")),
              Clock.systemUTC());
      var blob = artifacts.putFile(file);
      var manifest =
          artifacts.put(
              Manifest.of(Map.of("part-0.parquet", new Entry(blob, artifacts.size(blob)))));
      t = System.nanoTime();
      var statistics = Json.tree(new Profiles(datasets).profile(manifest));
      double profiled = seconds(t);
      table(
          "profile",
          List.of("rows", "columns", "Parquet", "generated in", "profiled in", "rows/s"),
          List.of(
              List.of(
                  statistics.path("rows").asText(),
                  String.valueOf(statistics.path("columns").size()),
                  megabytes(Files.size(file)),
                  s(made),
                  s(profiled),
                  String.format(Locale.ROOT, "%,.0f", rows / profiled))));
    }
  }

  private static void infer(Path data) throws Exception {
    var models = HOME.resolve("src/test/resources/models");
    var rows = new ArrayList<List<String>>();
    var starts = new double[3];
    var request =
        single(
            Json.parse(Files.readString(models.resolve("titanic_logreg.cases.json")))
                .path("request"));
    try (var server = new Server(data)) {
      command(
          server, "model", "import", "titanic", models.resolve("titanic_logreg.onnx").toString());
      command(server, "deploy", "titanic", "--model", "titanic");
    }
    for (int i = 0; i < starts.length; i++) {
      long t = System.nanoTime();
      try (var server = new Server(data)) {
        if (post(server, "/v2/models/titanic/infer", request).statusCode() != 200)
          throw new IllegalStateException("no answer");
        starts[i] = seconds(t);
        if (i < starts.length - 1) continue;
        long resident = server.resident();
        for (int warm = 0; warm < 10_000; warm++) post(server, "/v2/models/titanic/infer", request);
        var micros = new double[10_000];
        for (int n = 0; n < micros.length; n++) {
          long begin = System.nanoTime();
          post(server, "/v2/models/titanic/infer", request);
          micros[n] = (System.nanoTime() - begin) / 1e3;
        }
        rows.add(quantiles("one row over HTTP, one connection", micros));
        rows.add(
            quantiles(
                "the bare ONNX Runtime call",
                bare(models.resolve("titanic_logreg.onnx"), request)));
        Arrays.sort(starts);
        table(
            "start",
            List.of("launcher to first answer, median of 3", "resident after it"),
            List.of(List.of(s(starts[1]), megabytes(resident))));
      }
    }
    table("infer (titanic_logreg, 7 inputs)", List.of("", "p50", "p99", "mean"), rows);
  }

  /** The first row of a request of many. */
  private static String single(JsonNode request) {
    var one = Json.object();
    var inputs = one.putArray("inputs");
    for (var input : request.path("inputs")) {
      var tensor =
          inputs
              .addObject()
              .put("name", input.path("name").asText())
              .put("datatype", input.path("datatype").asText());
      tensor.putArray("shape").add(1).add(1);
      tensor.putArray("data").add(input.path("data").get(0));
    }
    return one.toString();
  }

  private static double[] bare(Path onnx, String request) throws Exception {
    var folder = Files.createTempDirectory("bare");
    var artifacts = new Artifacts(folder.resolve("artifacts"));
    var models = new Models(artifacts);
    try (var model = models.load(models.importOnnx("bare", artifacts.putFile(onnx)))) {
      var tensors = new ArrayList<Tensor>();
      for (var input : Json.parse(request).path("inputs")) {
        var shape = new long[] {1, 1};
        var value = input.path("data").get(0);
        tensors.add(
            switch (input.path("datatype").asText()) {
              case "FP32" ->
                  new Tensor(
                      input.path("name").asText(),
                      io.millrace.models.DataType.FP32,
                      shape,
                      new float[] {(float) value.asDouble()});
              case "INT64" ->
                  new Tensor(
                      input.path("name").asText(),
                      io.millrace.models.DataType.INT64,
                      shape,
                      new long[] {value.asLong()});
              default ->
                  new Tensor(
                      input.path("name").asText(),
                      io.millrace.models.DataType.BYTES,
                      shape,
                      new String[] {value.asText()});
            });
      }
      var micros = new double[20_000];
      for (int pass = 0; pass < 2; pass++) {
        for (int n = 0; n < micros.length; n++) {
          long begin = System.nanoTime();
          model.run(tensors);
          micros[n] = (System.nanoTime() - begin) / 1e3;
        }
      }
      return micros;
    } finally {
      delete(folder);
    }
  }

  /** The point-in-time join of all 745,742 flights: data/query, with what it writes and hashes. */
  private static void join(Path data) throws Exception {
    try (var server = new Server(data)) {
      command(server, "apply", HOME.resolve("examples/flights").toString());
      var run =
          Json.parse(
              command(
                  server,
                  "run",
                  "flight-delay",
                  "--param",
                  "from=2001-01-01",
                  "--param",
                  "until=2001-07-01",
                  "--param",
                  "split=2001-06-01",
                  "--json"));
      while (true) {
        for (var step :
            Json.parse(get(server, "/api/v1/runs/" + run.path("id").asText())).path("steps")) {
          if (!step.path("name").asText().equals("examples")
              || !Set.of("ran", "failed").contains(step.path("state").asText())) continue;
          post(server, "/api/v1/runs/" + run.path("id").asText() + "/cancel", "{}");
          double took = step.path("seconds").asDouble();
          double rows = step.path("summary").path("rows").asDouble();
          table(
              "join",
              List.of("flights", "feature tables joined", "took", "rows/s"),
              List.of(
                  List.of(
                      String.format(Locale.ROOT, "%,.0f", rows),
                      "3 (point in time)",
                      s(took),
                      String.format(Locale.ROOT, "%,.0f", rows / took))));
          return;
        }
        Thread.sleep(50);
      }
    }
  }

  /**
   * Acknowledged writes (an alias set over HTTP: rows, history, lineage) beside what the disk's
   * fdatasync takes.
   */
  private static void writes(Path data) throws Exception {
    var rows = new ArrayList<List<String>>();
    Files.createDirectories(data);
    var syncs = new double[200];
    try (var file =
        FileChannel.open(
            data.resolve("sync"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (int i = 0; i < syncs.length; i++) {
        file.write(ByteBuffer.wrap(new byte[4096]));
        long begin = System.nanoTime();
        file.force(false);
        syncs[i] = (System.nanoTime() - begin) / 1e3;
      }
    }
    Arrays.sort(syncs);
    rows.add(
        List.of(
            "fdatasync of the disk",
            "1",
            String.format(Locale.ROOT, "%,.0f", 1e6 / Arrays.stream(syncs).average().orElseThrow()),
            String.format(Locale.ROOT, "%.2f ms", syncs[syncs.length / 2] / 1e3)));
    try (var server = new Server(data.resolve("data"))) {
      command(
          server,
          "model",
          "import",
          "m",
          HOME.resolve("src/test/resources/models/titanic_logreg.onnx").toString());
      for (int callers : new int[] {1, 16, 64}) {
        var count = new AtomicLong();
        var latencies = new ArrayList<Double>();
        long end = System.nanoTime() + 5_000_000_000L;
        long begin = System.nanoTime();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
          for (int c = 0; c < callers; c++) {
            int caller = c;
            threads.submit(() -> {
              while (System.nanoTime() < end) {
                long t = System.nanoTime();
                var answer =
                    send(
                        HttpRequest.newBuilder(
                                URI.create(server.url + "/api/v1/models/m/aliases/a" + caller))
                            .header("Content-Type", "application/json")
                            .PUT(HttpRequest.BodyPublishers.ofString("{\"version\":1}")));
                if (answer.statusCode() / 100 != 2) throw new IllegalStateException(answer.body());
                count.incrementAndGet();
                synchronized (latencies) {
                  latencies.add((System.nanoTime() - t) / 1e6);
                }
              }
              return null;
            });
          }
        }
        double took = seconds(begin);
        latencies.sort(null);
        rows.add(
            List.of(
                "acknowledged writes",
                String.valueOf(callers),
                String.format(Locale.ROOT, "%,.0f", count.get() / took),
                String.format(Locale.ROOT, "%.2f ms", latencies.get(latencies.size() / 2))));
      }
    }
    table("writes", List.of("", "callers", "per second", "median"), rows);
  }

  /** A server of the packaged program, on a free port. */
  private static final class Server implements AutoCloseable {
    final Process process;
    final String url;

    Server(Path data) throws Exception {
      Files.createDirectories(data);
      var builder =
          new ProcessBuilder(
                  HOME.resolve("millrace").toString(),
                  "up",
                  "--port",
                  "0",
                  "--data",
                  data.toString())
              .redirectErrorStream(true)
              .redirectOutput(data.resolve("log").toFile());
      builder.environment().remove("CLASSPATH");
      builder.environment().put("MILLRACE_AS_BUILT", "1");
      process = builder.start();
      while (true) {
        var file = data.resolve("server.json");
        if (Files.exists(file)) {
          var server = Json.parse(Files.readString(file));
          if (server.path("pid").asLong() == process.pid()) {
            url = server.path("url").asText();
            return;
          }
        }
        if (!process.isAlive())
          throw new IllegalStateException(Files.readString(data.resolve("log")));
        Thread.sleep(5);
      }
    }

    long resident() throws IOException {
      var status = Path.of("/proc/" + process.pid() + "/status");
      if (!Files.exists(status)) return 0;
      for (var line : Files.readAllLines(status))
        if (line.startsWith("VmRSS")) return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      return 0;
    }

    @Override
    public void close() throws Exception {
      process.destroy();
      process.waitFor();
    }
  }

  private static String command(Server server, String... arguments) throws Exception {
    var command = new ArrayList<String>(List.of(HOME.resolve("millrace").toString()));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().remove("CLASSPATH");
    builder.environment().put("MILLRACE_URL", server.url);
    builder.environment().put("MILLRACE_AS_BUILT", "1");
    var process = builder.start();
    var said =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    if (process.waitFor() != 0)
      throw new IllegalStateException(
          "millrace " + String.join(" ", arguments) + " failed: " + said);
    return said;
  }

  private static HttpResponse<String> post(Server server, String path, String body)
      throws Exception {
    return send(
        HttpRequest.newBuilder(URI.create(server.url + path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private static String get(Server server, String path) throws Exception {
    return send(HttpRequest.newBuilder(URI.create(server.url + path)).GET()).body();
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static List<String> quantiles(String name, double[] micros) {
    var sorted = micros.clone();
    Arrays.sort(sorted);
    return List.of(
        name,
        us(sorted[sorted.length / 2]),
        us(sorted[(int) (sorted.length * 0.99)]),
        us(Arrays.stream(sorted).average().orElseThrow()));
  }

  private static String us(double micros) {
    return String.format(Locale.ROOT, "%,.0f us", micros);
  }

  private static String s(double seconds) {
    return String.format(Locale.ROOT, "%.2f s", seconds);
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%,.0f MB", bytes / 1e6);
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  private static void table(String title, List<String> header, List<List<String>> rows) {
    System.out.printf(
        "%n%s%n| %s |%n|%s%n", title, String.join(" | ", header), "---|".repeat(header.size()));
    for (var row : rows) System.out.printf("| %s |%n", String.join(" | ", row));
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) return;
    List<Path> files;
    try (Stream<Path> walked = Files.walk(folder)) {
      files = walked.sorted(java.util.Comparator.reverseOrder()).toList();
    }
    for (var file : files) Files.delete(file);
  }
}
