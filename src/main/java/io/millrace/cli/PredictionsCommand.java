package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code predictions ENDPOINT}. */
@Command(
    name = "predictions",
    description = {
      "What an endpoint answered, the newest first; or one prediction by its id, with the model, data and labels behind it.",
      "SQL sees the columns id, time, endpoint, version, latency_micros, client_id, inputs, outputs, feedback and others of the table predictions; inputs->>'age' is a value of JSON."
    })
final class PredictionsCommand implements Runnable {
  private static final Pattern ID = Pattern.compile("[0-9a-f]{32}(?:/[0-9]+)?");
  private static final Pattern AGO = Pattern.compile("([0-9]{1,6})([smhd])");
  private static final Map<String, Duration> UNITS =
      Map.of(
          "s", Duration.ofSeconds(1),
          "m", Duration.ofMinutes(1),
          "h", Duration.ofHours(1),
          "d", Duration.ofDays(1));

  @Mixin Connection connection;

  @Parameters(paramLabel = "ENDPOINT|ID")
  String what;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "From this time on, such as 2001-02-03T04:05:06Z, or 90m, 2h, 7d ago.")
  @Nullable String since;

  @Option(names = "--until", paramLabel = "TIME", description = "Before this time.")
  @Nullable String until;

  @Option(
      names = "--limit",
      paramLabel = "ROWS",
      description = "Rows to show at the most (default: ${DEFAULT-VALUE}).")
  int limit = 20;

  @Option(
      names = "--where",
      paramLabel = "SQL",
      description = "A condition, such as \"latency_micros > 1000\".")
  @Nullable String where;

  @Option(
      names = "--sql",
      paramLabel = "SQL",
      description = "A SELECT over the table predictions instead of a list.")
  @Nullable String sql;

  @Override
  public void run() {
    if (ID.matcher(what).matches()) {
      var answer = connection.api().computed("/api/v1/predictions/" + what);
      connection.print(answer, () -> System.out.println(Json.pretty(answer)));
    } else if (sql != null) {
      if (where != null) throw new WrongUsage("--where", where, "not beside --sql");
      query(sql);
    } else {
      list();
    }
  }

  private void query(String text) {
    var body = Json.object().put("sql", text).put("endpoint", what).put("limit", limit);
    if (since != null) body.put("since", time("--since", since));
    if (until != null) body.put("until", time("--until", until));
    var answer = connection.api().post("/api/v1/predictions/query", body);
    connection.print(
        answer,
        () -> {
          var header = new ArrayList<String>();
          answer.path("columns").forEach(c -> header.add(c.path("name").asText()));
          var rows = new ArrayList<List<String>>();
          for (var row : answer.path("rows")) {
            var cells = new ArrayList<String>();
            row.forEach(cell -> cells.add(shown(cell)));
            rows.add(cells);
          }
          Connection.table(header, rows);
          if (answer.path("truncated").asBoolean()) System.out.println("there are more: --limit");
        });
  }

  private void list() {
    var path = new StringBuilder("/api/v1/predictions?endpoint=").append(Api.segment(what));
    path.append("&limit=").append(limit);
    if (since != null) path.append("&since=").append(Api.segment(time("--since", since)));
    if (until != null) path.append("&until=").append(Api.segment(time("--until", until)));
    if (where != null) path.append("&where=").append(Api.segment(where));
    var answer = connection.api().computed(path.toString());
    connection.print(
        answer,
        () -> {
          var rows = new ArrayList<List<String>>();
          for (var one : answer.path("predictions"))
            rows.add(
                List.of(
                    one.path("id").asText(),
                    one.path("time").asText(),
                    one.path("version").asText(),
                    one.path("latency_micros").asText(),
                    shown(one.path("inputs")),
                    shown(one.path("outputs")),
                    shown(one.path("feedback"))));
          Connection.table(
              List.of("ID", "TIME", "VERSION", "MICROS", "INPUTS", "OUTPUTS", "FEEDBACK"), rows);
          if (answer.has("next")) System.out.println("there are more: --limit, --until");
        });
  }

  private static String shown(JsonNode value) {
    if (value.isNull() || value.isMissingNode()) return "";
    return value.isValueNode() ? value.asText() : value.toString();
  }

  private static String time(String option, String text) {
    var ago = AGO.matcher(text);
    if (ago.matches()) {
      var unit = UNITS.getOrDefault(ago.group(2), Duration.ZERO);
      return Instant.now().minus(unit.multipliedBy(Long.parseLong(ago.group(1)))).toString();
    }
    try {
      return Instant.parse(text).toString();
    } catch (java.time.format.DateTimeParseException e) {
      throw new WrongUsage(option, text, "a time such as 2001-02-03T04:05:06Z, or 90m, 2h, 7d ago");
    }
  }
}
