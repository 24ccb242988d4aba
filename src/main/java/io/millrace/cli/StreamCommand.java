package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code stream ...}. */
@Command(
    name = "stream",
    description = "What is answered from one Kafka topic into another by an endpoint's model.",
    subcommands = {
      StreamCommand.Start.class,
      StreamCommand.ListAll.class,
      StreamCommand.Show.class,
      StreamCommand.Stop.class,
      StreamCommand.Delete.class
    })
final class StreamCommand extends Group {
  private static final String PATH = "/api/v1/streams";

  private static String path(String name) {
    return PATH + "/" + Api.segment(name);
  }

  @Command(
      name = "start",
      description = {
        "Make a stream, or change it, and let it run; with its name alone, let one that was stopped run again.",
        "The server connects to no Kafka but those that it was started with (up --kafka, --kafka-security)."
      })
  static final class Start implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "NAME")
    String name;

    @Option(
        names = "--endpoint",
        paramLabel = "ENDPOINT",
        description = "Whose model answers the records.")
    @Nullable String endpoint;

    @Option(names = "--from", paramLabel = "TOPIC", description = "The topic that is read.")
    @Nullable String from;

    @Option(
        names = "--to",
        paramLabel = "TOPIC",
        description = "The topic of the answers; it is made where it is missing.")
    @Nullable String to;

    @Option(
        names = "--dead-letters",
        paramLabel = "TOPIC",
        description = "The topic of records that cannot be answered (default: TO.dead).")
    @Nullable String deadLetters;

    @Option(
        names = "--bootstrap",
        paramLabel = "HOST:PORT",
        description = "One of the Kafka servers that the server may connect to (default: all).")
    @Nullable String bootstrap;

    @Override
    public void run() {
      var api = connection.api();
      var body = Json.object();
      put(body, "endpoint", endpoint);
      put(body, "from", from);
      put(body, "to", to);
      put(body, "dead_letters", deadLetters);
      put(body, "bootstrap", bootstrap);
      JsonNode answer;
      if (body.isEmpty()) answer = api.post(path(name) + "/start", body);
      else if (endpoint == null || from == null || to == null)
        throw new WrongUsage(
            "stream start needs --endpoint, --from and --to, or none of its options for a stream that there is");
      else answer = api.put(path(name), body);
      connection.print(answer, () -> System.out.println(line(answer)));
    }

    private static void put(ObjectNode body, String key, @Nullable String value) {
      if (value != null) body.put(key, value);
    }

    private static String line(JsonNode stream) {
      return "stream %s: %s -> %s -> %s"
          .formatted(
              stream.path("name").asText(),
              stream.path("topics").path("from").asText(),
              stream.path("topics").path("endpoint").asText(),
              stream.path("topics").path("to").asText());
    }
  }

  @Command(name = "list", description = "The streams of this server, and how they go.")
  static final class ListAll implements Runnable {
    @Mixin Connection connection;

    @Override
    public void run() {
      var answer = connection.api().get(PATH);
      connection.print(
          answer,
          () -> {
            var rows = new ArrayList<List<String>>();
            for (var stream : answer.path("streams")) {
              var topics = stream.path("topics");
              rows.add(
                  List.of(
                      stream.path("name").asText(),
                      topics.path("endpoint").asText(),
                      topics.path("from").asText(),
                      topics.path("to").asText(),
                      stream.path("state").asText(),
                      stream.path("lag").isNumber() ? stream.path("lag").asText() : "?",
                      stream.path("counts").path("answered").asText(),
                      stream.path("counts").path("dead_letters").asText()));
            }
            Connection.table(
                List.of("STREAM", "ENDPOINT", "FROM", "TO", "STATE", "LAG", "ANSWERED", "DEAD"),
                rows);
          });
    }
  }

  @Command(name = "show", description = "A stream: its topics, state, lag, counts and last error.")
  static final class Show implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "NAME")
    String name;

    @Override
    public void run() {
      var answer = connection.api().get(path(name));
      connection.print(answer, () -> System.out.println(Json.pretty(answer)));
    }
  }

  @Command(
      name = "stop",
      description =
          "Let a stream read and write no more; it goes on from there when it is started.")
  static final class Stop implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "NAME")
    String name;

    @Override
    public void run() {
      var answer = connection.api().post(path(name) + "/stop", Json.object());
      connection.print(answer, () -> System.out.printf("stream %s is stopped%n", name));
    }
  }

  @Command(
      name = "delete",
      description = "Forget a stream; its topics, and how far it came, stay at Kafka.")
  static final class Delete implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "NAME")
    String name;

    @Override
    public void run() {
      var answer = connection.api().delete(path(name));
      connection.print(answer, () -> System.out.printf("stream %s is gone%n", name));
    }
  }
}
