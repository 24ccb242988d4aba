package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.base.Json;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code feedback ID|ENDPOINT NAME=VALUE ...}. */
@Command(
    name = "feedback",
    description = {
      "Give values that became known later, such as label=1, for a prediction: by its id, or by its endpoint, a key and a time.",
      "A value may be given again: the last one counts, and all are kept."
    })
final class FeedbackCommand implements Runnable {
  private static final Pattern PLAIN =
      Pattern.compile("-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false");

  @Mixin Connection connection;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "ID|ENDPOINT",
      description = "A prediction's id, or with --key and --time an endpoint.")
  @Nullable String what;

  @Parameters(index = "1..*", paramLabel = "NAME=VALUE")
  Map<String, String> values = new LinkedHashMap<>();

  @Option(
      names = "--key",
      paramLabel = "INPUT=VALUE",
      description = "What an input of the prediction was; may be repeated.")
  Map<String, String> key = new LinkedHashMap<>();

  @Option(
      names = "--time",
      paramLabel = "TIME",
      description = "The newest prediction up to this time is meant.")
  @Nullable String time;

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "A JSON file with a list of such feedback, as REST takes it.")
  @Nullable Path file;

  @Override
  public void run() {
    var body = Json.object();
    if (file != null) {
      if (what != null) throw new WrongUsage("--file", file.toString(), "nothing beside it");
      body.set("feedback", Json.parse(Texts.read(file)));
    } else {
      if (what == null) throw new WrongUsage("an id or an endpoint is needed, or --file");
      if (key.isEmpty()) {
        body.put("id", what);
      } else {
        if (time == null) throw new WrongUsage("--key needs --time");
        body.put("endpoint", what).put("time", time);
        var wanted = body.putObject("key");
        key.forEach(wanted::put);
      }
      var given = body.putObject("values");
      values.forEach((name, value) -> given.set(name, value(value)));
    }
    var answer = connection.api().post("/api/v1/feedback", body);
    connection.print(
        answer,
        () ->
            answer
                .path("predictions")
                .forEach(id -> System.out.printf("feedback for %s is kept%n", id.asText())));
  }

  /** Numbers and truth values as such, all else as text. */
  private static JsonNode value(String text) {
    return PLAIN.matcher(text).matches() ? Json.parse(text) : TextNode.valueOf(text);
  }
}
