package io.millrace.cli;

import io.millrace.base.Json;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code down}: stops the server of a data folder. */
@Command(name = "down", description = "Stop the server of a data folder, cleanly.")
final class DownCommand implements Callable<Integer> {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The server's data folder (default: ${DEFAULT-VALUE}).")
  Path data = Path.of(".millrace");

  @Option(names = "--json", description = "Print JSON: one document on standard output.")
  boolean json;

  @Override
  public Integer call() {
    var running = RunningServer.find(data);
    running.ifPresent(RunningServer::stop);
    var url = running.map(RunningServer::url).orElse(null);
    var folder = data.toAbsolutePath().normalize();
    if (json) {
      System.out.println(
          Json.pretty(
              Json.object()
                  .put("stopped", running.isPresent())
                  .put("url", url)
                  .put("data", folder.toString())));
    } else if (url == null) System.out.printf("no server runs on %s%n", folder);
    else System.out.printf("the server at %s has stopped%n", url);
    return 0;
  }
}
