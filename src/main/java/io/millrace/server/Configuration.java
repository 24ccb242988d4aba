package io.millrace.server;

import io.millrace.base.InvalidInput;
import io.millrace.base.Refused;
import io.millrace.pipelines.Capacities;
import io.millrace.pipelines.openlineage.LineageTarget;
import io.millrace.serving.otlp.OtlpSettings;
import io.millrace.serving.streams.BrokerSecurity;
import io.millrace.serving.streams.Brokers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.regex.Pattern;

/**
 * What a server is started with. Everything wrong with it is reported at once.
 *
 * @param data the folder that holds all state; made if missing
 * @param host the address to listen on; a loopback one, until authentication exists
 * @param port 0 lets the system choose
 * @param documentLimit the most bytes of a request body that is held in memory (JSON, inference)
 * @param blobLimit the most bytes of an uploaded blob
 * @param privateWebhooks whether webhooks may call plain http and addresses that are not public;
 *     for tests
 * @param around what it finds around it
 * @param environment what variables alone say
 */
public record Configuration(
    Path data,
    String host,
    int port,
    long documentLimit,
    long blobLimit,
    boolean privateWebhooks,
    Surroundings around,
    Environment environment) {
  /**
   * What a server works with beside its own data; each may be empty.
   *
   * @param openLineage where pipelines' runs are told, a URL or a file; empty for nowhere
   * @param pools what steps can take, as gpu=2,memory=64Gi; empty for the machine's cores alone
   * @param python the interpreter of models in Python; empty for python3
   * @param otlp the URL of the collector that spans of requests go to; empty for none
   * @param kafka the Kafka servers that streams may connect to, as HOST:PORT,...; empty for none
   * @param kafkaSecurity how they are spoken to, as tls,ca=FILE,...; empty for in the clear
   */
  public record Surroundings(
      String openLineage,
      String pools,
      String python,
      String otlp,
      String kafka,
      String kafkaSecurity) {
    public static final Surroundings NONE = new Surroundings("", "", "", "", "", "");
  }

  public static final Path DATA = Path.of(".millrace");
  public static final String HOST = "127.0.0.1";
  public static final int PORT = 8080;

  /** Off unless the server is started with -Dmillrace.webhooks.private=true. */
  private static final String PRIVATE_WEBHOOKS = "millrace.webhooks.private";

  private static final long DOCUMENT_LIMIT = 16L << 20;
  private static final long BLOB_LIMIT = 64L << 30;
  private static final Pattern ADDRESS = Pattern.compile("[A-Za-z0-9.:_-]{1,253}");

  public Configuration {
    data = data.toAbsolutePath().normalize();
    var problems = new ArrayList<String>();
    if (!ADDRESS.matcher(host).matches())
      problems.add("host: got \"%s\", expected an address such as 127.0.0.1".formatted(host));
    if (port < 0 || port > 65_535)
      problems.add("port: got %d, expected 1 to 65535, or 0 for any free one".formatted(port));
    if (documentLimit < 1)
      problems.add("document limit: got %d, expected a number of bytes".formatted(documentLimit));
    if (blobLimit < 1)
      problems.add("blob limit: got %d, expected a number of bytes".formatted(blobLimit));
    if (!around.openLineage().isEmpty()) {
      try {
        LineageTarget.of(around.openLineage());
      } catch (InvalidInput e) {
        problems.add(String.valueOf(e.getMessage()));
      }
    }
    try {
      var _ = Capacities.of(around.pools());
    } catch (InvalidInput e) {
      problems.add(String.valueOf(e.getMessage()));
    }
    try {
      var _ = OtlpSettings.of(around.otlp(), System.getenv());
    } catch (InvalidInput e) {
      problems.add(String.valueOf(e.getMessage()));
    }
    try {
      var _ = Brokers.of(around.kafka());
    } catch (InvalidInput e) {
      problems.add(String.valueOf(e.getMessage()));
    }
    try {
      var _ = BrokerSecurity.of(around.kafkaSecurity());
    } catch (InvalidInput e) {
      problems.add(String.valueOf(e.getMessage()));
    }
    try {
      var _ = environment.flush();
    } catch (InvalidInput e) {
      problems.add(String.valueOf(e.getMessage()));
    }
    if (!problems.isEmpty()) throw new InvalidInput(String.join("; ", problems));
    if (!Loopback.isLoopback(host)) {
      throw new Refused(
          "host %s is not a loopback address: until authentication is configured, which a later version brings, the server listens on 127.0.0.1 only; to reach it from elsewhere use an SSH tunnel"
              .formatted(host));
    }
  }

  public Configuration(Path data, String host, int port) {
    this(data, host, port, Surroundings.NONE);
  }

  public Configuration(Path data, String host, int port, Surroundings around) {
    this(
        data,
        host,
        port,
        DOCUMENT_LIMIT,
        BLOB_LIMIT,
        Boolean.getBoolean(PRIVATE_WEBHOOKS),
        around,
        Environment.of(System.getenv()));
  }

  /** Where the server writes what it also says on standard error; when full, it begins anew. */
  Path log() {
    return data.resolve("server.log");
  }

  /** The URL of a server on this host that listens on the port. */
  String url(int listening) {
    return "http://%s:%d".formatted(host.contains(":") ? "[" + host + "]" : host, listening);
  }
}
