package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.NotFound;
import io.millrace.base.Unavailable;
import io.millrace.server.Configuration;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code quickstart}: the main job on real data, from flight records to a served model. */
@Command(
    name = "quickstart",
    description =
        "Train, deploy and use a model of flight delays on real data: the whole way, in under a minute.")
final class QuickstartCommand implements Callable<Integer> {
  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Where the server listens (default: ${DEFAULT-VALUE}).")
  int port = 8080;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The folder that holds all state (default: ${DEFAULT-VALUE}).")
  Path data = Path.of(".millrace");

  @Option(names = "--keep", description = "Leave the server running; `millrace down` stops it.")
  boolean keep;

  @Option(
      names = "--param",
      paramLabel = "NAME=VALUE",
      description = "A parameter of the pipeline, such as split=2001-01-24; may be repeated.")
  List<String> params = List.of();

  @Option(names = "--no-cache", description = "Run every step, whatever the cache holds.")
  boolean noCache;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "Where to write the report (default: ${DEFAULT-VALUE}).")
  Path report = Path.of("report.html");

  @Option(
      names = "--json",
      description =
          "Progress goes to standard error; the last line of standard output is one JSON object.")
  boolean json;

  @Override
  public Integer call() {
    long began = System.nanoTime();
    UpCommand.configuration(data, Configuration.HOST, port);
    PrintStream progress = json ? System.err : System.out;
    var example = Path.of(System.getProperty("millrace.home", "."), "examples", "flights");
    if (!Files.isDirectory(example))
      throw new NotFound("folder", example, "quickstart runs from a whole copy of the repository");
    var running = RunningServer.find(data);
    var server = running.orElseGet(() -> RunningServer.start(data, port));
    boolean stop = running.isEmpty() && !keep;
    var hook = new Thread(server::stop);
    if (stop) Runtime.getRuntime().addShutdownHook(hook);
    progress.printf(
        "server     %s (data in %s)%n", server.url(), data.toAbsolutePath().normalize());
    int code = new Quickstart(new Api(server.url()), example, progress, this).run(began);
    if (stop) {
      Runtime.getRuntime().removeShutdownHook(hook);
      server.stop();
    }
    return code;
  }

  /** The job itself, once a server answers. */
  private record Quickstart(Api api, Path example, PrintStream out, QuickstartCommand options) {
    private static final String PIPELINE = "flight-delay";

    int run(long began) {
      api.post(
          "/api/v1/projects/apply",
          new ProjectFolder(example).body(api, true, line -> out.println("apply      " + line)));
      out.println("apply      " + example);
      var run = train();
      if (!run.path("state").asText().equals("succeeded")) {
        RunFollower.printSteps(run, out);
        throw new Unavailable(
            "the pipeline run %s %s; its log: millrace pipeline logs %s"
                .formatted(
                    run.path("id").asText(), run.path("state").asText(), run.path("id").asText()));
      }
      var evaluation =
          api.get(
              "/api/v1/reports/"
                  + Summary.output(run, "evaluate", "report").path("digest").asText());
      var answers =
          new LiveFlights(
                  api,
                  Texts.read(example.resolve("queries/examples.sql")),
                  PIPELINE,
                  Summary.live(run))
              .ask(out);
      var live = api.post("/api/v1/metrics/binary", answers.labelled());
      var summary =
          new Summary(
              run,
              evaluation,
              live,
              answers,
              api.url() + "/v2/models/" + PIPELINE,
              api.get("/api/v1/endpoints/" + PIPELINE).path("version").asText(),
              (System.nanoTime() - began) / 1e9);
      Texts.write(options.report, new ReportPage(summary).html());
      summary.print(out, options);
      if (options.json) System.out.println(summary.json());
      return 0;
    }

    private JsonNode train() {
      ObjectNode body = RunCommand.body("--param", options.params, !options.noCache);
      var run = api.post("/api/v1/pipelines/" + PIPELINE + "/runs", body);
      return new RunFollower(api, out).follow(run.path("id").asText());
    }
  }

  /** For the closing words: how to start the server again on the same data. */
  String upLine() {
    var line = new StringBuilder("./millrace up");
    if (port != 8080) line.append(" --port ").append(port);
    if (!data.equals(Path.of(".millrace"))) line.append(" --data ").append(quoted(data.toString()));
    return line.toString();
  }

  /** As a shell reads it as one word. */
  private static String quoted(String text) {
    return text.matches("[A-Za-z0-9._/+-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
