package io.millrace.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.base.Json;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code run PIPELINE}. */
@Command(name = "run", description = "Start a pipeline; with --follow, show it until it ends.")
final class RunCommand implements Callable<Integer> {
  @Mixin Connection connection;

  @Parameters(paramLabel = "PIPELINE", description = "The pipeline's name.")
  String pipeline;

  @Option(
      names = "--param",
      paramLabel = "NAME=VALUE",
      description = "A parameter of the pipeline; may be repeated.")
  List<String> params = List.of();

  @Option(names = "--no-cache", description = "Run every step, whatever the cache holds.")
  boolean noCache;

  @Option(names = "--follow", description = "Wait for the end; exit with 1 if the run fails.")
  boolean follow;

  @Option(
      names = "--explain",
      description = "As --follow; then say why each step ran, or came from the cache.")
  boolean explain;

  @Override
  public Integer call() {
    var api = connection.api();
    var run =
        api.post(
            "/api/v1/pipelines/" + Api.segment(pipeline) + "/runs",
            body("--param", params, !noCache));
    var id = run.path("id").asText();
    if (!follow && !explain) {
      connection.print(
          run,
          () ->
              System.out.printf(
                  run.path("state").asText().equals("queued")
                      ? "run %s waits for others of its group; see it with: millrace pipeline show %s%n"
                      : "run %s started; see it with: millrace pipeline logs %s%n",
                  id,
                  id));
      return 0;
    }
    var ended = new RunFollower(api, System.err).follow(id);
    if (explain) {
      var why = ExplainCommand.ask(api, id);
      if (ended instanceof ObjectNode document) document.set("explanation", why.path("steps"));
      connection.print(
          ended,
          () -> {
            RunFollower.printSteps(ended, System.out);
            ExplainCommand.print(why, System.out);
          });
    } else {
      connection.print(ended, () -> RunFollower.printSteps(ended, System.out));
    }
    return ended.path("state").asText().equals("succeeded") ? 0 : 1;
  }

  /**
   * The body that starts a run.
   *
   * @param option where the parameters come from, for the message about one that is no NAME=VALUE
   */
  static ObjectNode body(String option, List<String> params, boolean cache) {
    var body = Json.object();
    var values = body.putObject("params");
    for (var param : params) {
      int equals = param.indexOf('=');
      if (equals < 1) throw new WrongUsage(option, param, "NAME=VALUE");
      values.set(param.substring(0, equals), TextNode.valueOf(param.substring(equals + 1)));
    }
    body.put("cache", cache);
    return body;
  }
}
