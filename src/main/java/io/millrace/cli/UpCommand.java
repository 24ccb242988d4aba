package io.millrace.cli;

import io.millrace.server.Configuration;
import io.millrace.server.Server;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code up}: the server, in this process. */
@Command(
    name = "up",
    description = "Start the server; it stays in the foreground, and Ctrl-C stops it.")
final class UpCommand implements Callable<Integer> {
  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Where to listen; 0 takes any free one (default: ${DEFAULT-VALUE}).")
  int port = 8080;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description = "A loopback address (default: ${DEFAULT-VALUE}).")
  String host = "127.0.0.1";

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The folder that holds all state (default: ${DEFAULT-VALUE}).")
  Path data = Path.of(".millrace");

  @Override
  public Integer call() {
    return Server.run(new Configuration(data, host, port));
  }
}
