package io.millrace.cli;

import io.millrace.base.Json;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code resume RUN}. */
@Command(
    name = "resume",
    description = "Go on with a run that is paused or did not succeed; what succeeded stays.")
final class ResumeCommand implements Callable<Integer> {
  @Mixin Connection connection;

  @Parameters(paramLabel = "RUN")
  String run;

  @Option(
      names = "--from",
      paramLabel = "STEP",
      description = "Do this step and all that depends on it again, though they succeeded.")
  @Nullable String from;

  @Option(
      names = "--edited",
      description = "Take the pipeline as it is now; what it changes is done again.")
  boolean edited;

  @Option(names = "--follow", description = "Wait for the end; exit with 1 if the run fails.")
  boolean follow;

  @Override
  public Integer call() {
    var api = connection.api();
    var body = Json.object().put("edited", edited);
    if (from != null) body.put("from", from);
    var answer = api.post("/api/v1/runs/" + Api.segment(run) + "/resume", body);
    if (!follow) {
      connection.print(answer, () -> System.out.printf("run %s goes on%n", run));
      return 0;
    }
    var ended = new RunFollower(api, System.err).follow(run);
    connection.print(ended, () -> RunFollower.printSteps(ended, System.out));
    return ended.path("state").asText().equals("succeeded") ? 0 : 1;
  }
}
