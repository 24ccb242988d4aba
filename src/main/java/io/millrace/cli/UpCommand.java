package io.millrace.cli;

import io.millrace.base.InvalidInput;
import io.millrace.server.Configuration;
import io.millrace.server.Server;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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

  @Option(
      names = "--json",
      description = "Say that the server is ready in one line of JSON: version, url, data and pid.")
  boolean json;

  @Option(
      names = "--openlineage-url",
      paramLabel = "URL",
      defaultValue = "${env:MILLRACE_OPENLINEAGE_URL}",
      description =
          "Send OpenLineage events of pipelines' runs there (default: MILLRACE_OPENLINEAGE_URL).")
  @Nullable String openLineageUrl;

  @Option(
      names = "--openlineage-file",
      paramLabel = "FILE",
      description = "Write those events to a file, one JSON object a line.")
  @Nullable Path openLineageFile;

  @Option(
      names = "--pools",
      paramLabel = "NAME=AMOUNT,...",
      defaultValue = "${env:MILLRACE_POOLS}",
      description =
          "What steps can take by resources.pools, as gpu=2,license=1; also cpu=N in place of the machine's cores, and memory=64Gi, which else is not counted (default: MILLRACE_POOLS).")
  @Nullable String pools;

  @Option(
      names = "--python",
      paramLabel = "PATH",
      defaultValue = "${env:MILLRACE_PYTHON}",
      description =
          "The interpreter that serves models of MLflow's python_function flavor; it has MLflow and what they need (default: MILLRACE_PYTHON, else python3).")
  @Nullable String python;

  @Option(
      names = "--otlp-endpoint",
      paramLabel = "URL",
      defaultValue = "${env:OTEL_EXPORTER_OTLP_ENDPOINT}",
      description =
          "Send spans of requests for predictions to that collector of OpenTelemetry (default: OTEL_EXPORTER_OTLP_ENDPOINT, else nowhere).")
  @Nullable String otlpEndpoint;

  @Option(
      names = "--kafka",
      paramLabel = "HOST:PORT,...",
      defaultValue = "${env:MILLRACE_KAFKA}",
      description =
          "The Kafka servers that streams may connect to; none else is ever asked (default: MILLRACE_KAFKA).")
  @Nullable String kafka;

  @Option(
      names = "--kafka-security",
      paramLabel = "tls,KEY=VALUE,...",
      defaultValue = "${env:MILLRACE_KAFKA_SECURITY}",
      description =
          "How they are spoken to: tls, then ca=FILE or ca-secret=SECRET with certificates in PEM, and sasl=PLAIN|SCRAM-SHA-256|SCRAM-SHA-512, user=NAME, password=SECRET; a SECRET is NAME or NAME@VERSION of `millrace secret` (default: MILLRACE_KAFKA_SECURITY, else in the clear).")
  @Nullable String kafkaSecurity;

  @Override
  public Integer call() {
    boolean hasUrl = openLineageUrl != null && !openLineageUrl.isBlank();
    if (hasUrl && openLineageFile != null)
      throw new WrongUsage(
          "--openlineage-file", openLineageFile.toString(), "no URL for the events beside it");
    var told =
        openLineageFile != null
            ? openLineageFile.toAbsolutePath().toString()
            : hasUrl ? String.valueOf(openLineageUrl) : "";
    var around =
        new Configuration.Surroundings(
            told,
            given(pools),
            given(python),
            given(otlpEndpoint),
            given(kafka),
            given(kafkaSecurity));
    return Server.run(configuration(data, host, port, around), json);
  }

  private static String given(@Nullable String option) {
    return option == null ? "" : option;
  }

  /** What a server is started with; a value that it cannot have is wrong usage. */
  static Configuration configuration(Path data, String host, int port) {
    return configuration(data, host, port, Configuration.Surroundings.NONE);
  }

  private static Configuration configuration(
      Path data, String host, int port, Configuration.Surroundings around) {
    try {
      return new Configuration(data, host, port, around);
    } catch (InvalidInput e) {
      throw new WrongUsage(Objects.requireNonNullElse(e.getMessage(), ""));
    }
  }
}
