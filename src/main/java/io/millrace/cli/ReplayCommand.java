package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.Refused;
import io.millrace.base.Unavailable;
import io.millrace.server.Configuration;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.YearMonth;
import java.util.Locale;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code replay DIR}: tells a project's history again, part by part, as it came to be known, and
 * lets the triggers of its pipeline do what they would have done.
 */
@Command(
    name = "replay",
    description = {
      "Feed a project's data part by part, as they came, to a server of its own: each part is new",
      "versions of the datasets, whose trigger starts the pipeline. Then say what retraining brought."
    })
final class ReplayCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int MOST_PARTS = 24;

  @Parameters(paramLabel = "DIR", description = "The project's folder, with a millrace.yaml.")
  Path folder;

  @Option(
      names = "--pipeline",
      paramLabel = "NAME",
      required = true,
      description = "The pipeline that a dataset's new version starts.")
  String pipeline;

  @Option(
      names = "--with",
      paramLabel = "FILE",
      description = "A pipeline's file that only the replay applies, beside those of the project.")
  @Nullable Path with;

  @Option(
      names = "--partition",
      paramLabel = "KEY",
      description =
          "What parts the data files: folders KEY=VALUE, of a month or a day (default: ${DEFAULT-VALUE}).")
  String partition = "month";

  @Option(names = "--from", paramLabel = "VALUE", description = "The first part that is fed alone.")
  @Nullable String from;

  @Option(names = "--to", paramLabel = "VALUE", description = "The last part.")
  @Nullable String to;

  @Option(
      names = "--by",
      paramLabel = "PARAM",
      description = "The parameter that tells the runs apart (default: ${DEFAULT-VALUE}).")
  String by = "until";

  @Option(
      names = "--model",
      paramLabel = "STEP.OUTPUT",
      description = "The output with a run's model (default: ${DEFAULT-VALUE}).")
  String model = "train.model";

  @Option(
      names = "--data-output",
      paramLabel = "STEP.OUTPUT",
      description =
          "The output with the rows that a run's part brought (default: ${DEFAULT-VALUE}).")
  String rows = "arrived.data";

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Where the server listens; 0 takes any free one (default: ${DEFAULT-VALUE}).")
  int port;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The folder that holds all state of the replay (default: ${DEFAULT-VALUE}).")
  Path data = Path.of(".millrace-replay");

  @Option(names = "--keep", description = "Leave the server running; `millrace down` stops it.")
  boolean keep;

  @Option(
      names = "--json",
      description = "Progress goes to standard error; standard output is one JSON object.")
  boolean json;

  @Override
  public Integer call() {
    long began = System.nanoTime();
    UpCommand.configuration(data, Configuration.HOST, port);
    var project = new ProjectFolder(folder);
    if (with != null) project.add("pipelines", with);
    if (RunningServer.find(data).isPresent())
      throw new Refused(
          "a server runs on %s: stop it with  millrace down --data %s, or name another folder with --data"
              .formatted(data, data));
    if (Files.exists(data.resolve("millrace.db")))
      throw new Refused(
          "%s holds a replay, or another server's data, already: remove the folder, or name another with --data"
              .formatted(data));
    PrintStream progress = json ? System.err : System.out;
    var server = RunningServer.start(data, port);
    if (!keep) Runtime.getRuntime().addShutdownHook(new Thread(server::stop));
    var report = feed(new Api(server.url()), project, progress);
    if (json) {
      System.out.println(Json.pretty(report));
    } else {
      System.out.println();
      StalenessCommand.retrained(report, "TRAINED ONCE", "RETRAINED", System.out);
    }
    progress.printf(Locale.ROOT, "time       %.1f s%n", (System.nanoTime() - began) / 1e9);
    return 0;
  }

  private JsonNode feed(Api api, ProjectFolder project, PrintStream progress) {
    var value = Pattern.compile("(?:^|/)" + Pattern.quote(partition) + "=([^/]+)/");
    var parts = new TreeSet<String>();
    for (var path : project.data(api)) {
      var match = value.matcher(path);
      if (match.find()) parts.add(match.group(1));
    }
    parts.removeIf(p -> from != null && p.compareTo(from) < 0 || to != null && p.compareTo(to) > 0);
    if (parts.size() < 2 || parts.size() > MOST_PARTS)
      throw new NotFound(
          "%d parts of the data lie in folders %s=VALUE of %s%s; a replay has 2 to %d: see --partition, --from, --to"
              .formatted(parts.size(), partition, folder, range(), MOST_PARTS));
    String seen = "";
    for (var part : parts) {
      var body =
          project.body(
              api,
              true,
              _ -> {},
              path -> {
                var match = value.matcher(path);
                return !match.find() || match.group(1).compareTo(part) <= 0;
              });
      var asOf = end(part);
      api.post("/api/v1/projects/apply", body.put("as_of", asOf.toString()));
      progress.printf("%-10s fed, as of %s%n", part, asOf);
      var firing = firing(api, seen);
      seen = firing.path("id").asText();
      var run = new RunFollower(api, progress).follow(firing.path("run").asText());
      if (!run.path("state").asText().equals("succeeded")) {
        RunFollower.printSteps(run, progress);
        throw new Unavailable(
            "the run of %s %s; its data are kept in %s"
                .formatted(part, run.path("state").asText(), data));
      }
      progress.printf("%-10s %s%n", part, came(run));
    }
    return StalenessCommand.ask(api, pipeline, by, model, rows, null);
  }

  private String range() {
    return (from == null ? "" : " from " + from) + (to == null ? "" : " to " + to);
  }

  /** What the run came to, with the gate's reason. */
  private static String came(JsonNode run) {
    var text = new StringBuilder(run.path("outcome").asText("null"));
    if (text.toString().equals("null")) text = new StringBuilder("deployed");
    for (var step : run.path("steps")) {
      var reason = step.path("outputs").path("reason");
      if (reason.isTextual()) text.append(": ").append(reason.asText());
    }
    return text.toString();
  }

  /** The first moment after a month or a day. */
  private LocalDate end(String part) {
    try {
      return part.length() == "2001-01".length()
          ? YearMonth.parse(part).plusMonths(1).atDay(1)
          : LocalDate.parse(part).plusDays(1);
    } catch (DateTimeException e) {
      throw new WrongUsage(
          "--partition",
          partition + "=" + part,
          "months such as 2001-01 or days such as 2001-01-31");
    }
  }

  /** The pipeline's next firing, once it has a run. */
  private JsonNode firing(Api api, String seen) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      var newest =
          api.get("/api/v1/triggers/firings?limit=1&pipeline=" + Api.segment(pipeline))
              .path("firings")
              .path(0);
      if (!newest.isMissingNode() && !newest.path("id").asText().equals(seen)) {
        if (newest.path("run").isTextual()) return newest;
        if (newest.path("error").isTextual())
          throw new Unavailable(
              "the trigger of pipeline %s started no run: %s"
                  .formatted(pipeline, newest.path("error").asText()));
      }
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Unavailable("interrupted");
      }
    }
    throw new Unavailable(
        "nothing started pipeline %s within %d s: does a dataset under its  on:  get a new version with each part? (see  millrace trigger list)"
            .formatted(pipeline, PATIENCE.toSeconds()));
  }
}
