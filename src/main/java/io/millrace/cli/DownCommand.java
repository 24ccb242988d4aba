package io.millrace.cli;

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

  @Override
  public Integer call() {
    var running = RunningServer.find(data);
    if (running.isEmpty()) {
      System.out.printf("no server runs on %s%n", data.toAbsolutePath().normalize());
      return 0;
    }
    running.get().stop();
    System.out.printf("the server at %s has stopped%n", running.get().url());
    return 0;
  }
}
