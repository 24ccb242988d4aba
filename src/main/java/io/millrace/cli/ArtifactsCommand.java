package io.millrace.cli;

import io.millrace.base.Json;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code artifacts ...}. */
@Command(
    name = "artifacts",
    description = "The content-addressed store.",
    subcommands = {ArtifactsCommand.Verify.class, ArtifactsCommand.Collect.class})
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

  @Command(
      name = "collect",
      description = "Say which blobs nobody refers to, or delete them; nothing runs by itself.")
  static final class Collect implements Callable<Integer> {
    @Mixin Connection connection;

    @Option(names = "--apply", description = "Delete them.")
    boolean apply;

    @Option(
        names = "--older-than",
        paramLabel = "HOURS",
        description = "Leave alone what was put or asked for since (default: 24, at least 2).")
    int hours = 24;

    @Override
    public Integer call() {
      var answer =
          connection
              .api()
              .post(
                  "/api/v1/artifacts/collect",
                  Json.object().put("dry_run", !apply).put("older_than_hours", hours));
      connection.print(
          answer,
          () -> {
            for (var digest : answer.path("digests")) System.out.println(digest.asText());
            System.out.printf(
                Locale.ROOT,
                apply
                    ? "%,d blobs of %,d bytes deleted, %,d kept; %,d unfinished uploads dropped%n"
                    : "%,d blobs of %,d bytes may go, %,d stay; %,d unfinished uploads may be dropped; --apply does it%n",
                answer.path("blobs").asLong(),
                answer.path("bytes").asLong(),
                answer.path("kept").asLong(),
                answer.path("uploads").asLong());
          });
      return 0;
    }
  }
}
