package io.millrace.cli;

import io.millrace.base.Json;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code artifacts ...}. */
@Command(
    name = "artifacts",
    description = "The content-addressed store.",
    subcommands = ArtifactsCommand.Verify.class)
final class ArtifactsCommand extends Group {
  @Command(
      name = "verify",
      description = "Read every blob and compare it with its digest; exit with 1 on damage.")
  static final class Verify implements Callable<Integer> {
    @Mixin Connection connection;

    @Override
    public Integer call() {
      var answer = connection.api().post("/api/v1/artifacts/verify", Json.object());
      connection.print(
          answer,
          () -> {
            System.out.printf(
                Locale.ROOT,
                "%,d blobs, %,d bytes read%n",
                answer.path("blobs").asLong(),
                answer.path("bytes").asLong());
            for (var damage : answer.path("damages")) System.out.println("damaged: " + damage);
            if (answer.path("damages").isEmpty()) System.out.println("nothing is damaged");
          });
      return answer.path("damages").isEmpty() ? 0 : 1;
    }
  }
}
