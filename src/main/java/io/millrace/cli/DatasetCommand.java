package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dataset ...}. */
@Command(
    name = "dataset",
    description = "Register, list, describe, compare and query datasets.",
    subcommands = {
      DatasetCommand.ListAll.class, DatasetCommand.Show.class, DatasetCommand.Register.class,
      DatasetCommand.Statistics.class, DatasetCommand.Diff.class, DatasetCommand.Query.class
    })
final class DatasetCommand extends Group {
  @Command(
      name = "list",
      description = "The datasets of this server, each with its newest version.")
  static final class ListAll implements Runnable {
    @Mixin Connection connection;

    @Override
    public void run() {
      var answer = connection.api().get("/api/v1/datasets");
      connection.print(answer, () -> versions(answer.path("datasets")));
    }
  }

  @Command(name = "show", description = "A dataset's versions.")
  static final class Show implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "DATASET")
    String name;

    @Override
    public void run() {
      var answer = connection.api().get("/api/v1/datasets/" + Api.segment(name));
      connection.print(answer, () -> versions(answer.path("versions")));
    }
  }

  private static void versions(JsonNode versions) {
    var rows = new ArrayList<List<String>>();
    for (var version : versions) {
      rows.add(
          List.of(
              version.path("name").asText() + "/" + version.path("number").asText(),
              String.format(Locale.ROOT, "%,d", version.path("rows").asLong()),
              version.path("digest").asText(),
              version.path("created_at").asText()));
    }
    Connection.table(List.of("DATASET", "ROWS", "DIGEST", "CREATED"), rows);
  }

  @Command(
      name = "register",
      description =
          "Make a version of a dataset from a file or folder (Parquet, CSV, JSON lines or a JSON list; .gz too).")
  static final class Register implements Runnable {
    @Mixin Connection connection;

    @Parameters(index = "0", paramLabel = "DATASET")
    String name;

    @Parameters(index = "1", paramLabel = "FILE|FOLDER")
    Path source;

    @Option(
        names = "--format",
        paramLabel = "FORMAT",
        description = "parquet, csv or jsonl (default: by the files' names).")
    @Nullable String format;

    @Option(
        names = "--delimiter",
        paramLabel = "CHARACTER",
        description = "What separates a CSV file's fields (default: found out).")
    @Nullable String delimiter;

    @Option(
        names = "--quote",
        paramLabel = "CHARACTER",
        description = "What quotes a CSV file's fields (default: found out).")
    @Nullable String quote;

    @Option(names = "--no-header", description = "A CSV file's first line is data already.")
    boolean noHeader;

    @Override
    public void run() {
      var api = connection.api();
      var body = Json.object();
      if (Files.isDirectory(source))
        body.set("files", Uploads.uploadFolder(api, source, System.err::println));
      else
        body.putObject("files")
            .put(
                source.getFileName().toString(),
                Uploads.upload(api, source, System.err::println).hex());
      if (format != null) body.put("format", format);
      if (delimiter != null || quote != null || noHeader) {
        var csv = body.putObject("csv");
        if (delimiter != null) csv.put("delimiter", delimiter);
        if (quote != null) csv.put("quote", quote);
        if (noHeader) csv.put("header", false);
      }
      var version = api.post("/api/v1/datasets/" + Api.segment(name) + "/versions", body);
      connection.print(version, () -> versions(Json.array().add(version)));
    }
  }

  @Command(name = "statistics", description = "What a version's columns look like.")
  static final class Statistics implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "DATASET[/VERSION]")
    String name;

    @Override
    public void run() {
      var api = connection.api();
      var version = Version.of(name);
      var answer =
          api.computed(
              "/api/v1/datasets/%s/versions/%s/statistics"
                  .formatted(Api.segment(version.name()), version.number()));
      connection.print(
          answer,
          () -> {
            var rows = new ArrayList<List<String>>();
            for (var column : answer.path("columns")) {
              rows.add(
                  List.of(
                      column.path("name").asText(),
                      column.path("type").asText(),
                      number(column.path("nulls")),
                      number(column.path("distinct")),
                      number(column.path("min")),
                      number(column.path("mean")),
                      number(column.path("max"))));
            }
            System.out.printf(Locale.ROOT, "%,d rows%n", answer.path("rows").asLong());
            Connection.table(
                List.of("COLUMN", "TYPE", "NULLS", "DISTINCT", "MIN", "MEAN", "MAX"), rows);
          });
    }
  }

  private static String number(JsonNode value) {
    if (value.isMissingNode() || value.isNull()) return "";
    if (value.isIntegralNumber()) return String.format(Locale.ROOT, "%,d", value.asLong());
    return value.isNumber() ? String.format(Locale.ROOT, "%.5g", value.asDouble()) : value.asText();
  }

  /** NAME, which is the current version, or NAME/NUMBER. */
  private record Version(String name, String number) {
    private static final Pattern SHAPE = Pattern.compile("([^/]+)(?:/([0-9]{1,9}|latest))?");

    static Version of(String text) {
      var parts = SHAPE.matcher(text);
      if (!parts.matches())
        throw new WrongUsage("dataset", text, "NAME or NAME/NUMBER, such as flights or flights/1");
      return new Version(parts.group(1), Objects.requireNonNullElse(parts.group(2), "latest"));
    }
  }

  @Command(
      name = "diff",
      description =
          "How the data of one version differ from another's, of the same dataset or not.")
  static final class Diff implements Runnable {
    @Mixin Connection connection;

    @Parameters(index = "0", paramLabel = "DATASET[/VERSION]")
    String from;

    @Parameters(index = "1", paramLabel = "DATASET[/VERSION]")
    String to;

    @Override
    public void run() {
      var a = Version.of(from);
      var b = Version.of(to);
      var answer =
          connection
              .api()
              .computed(
                  "/api/v1/datasets/%s/diff?from=%s&with=%s&to=%s"
                      .formatted(
                          Api.segment(a.name()), a.number(), Api.segment(b.name()), b.number()));
      connection.print(answer, () -> print(answer));
    }

    private static void print(JsonNode answer) {
      System.out.printf("rows: %s%n", change(answer.path("rows")));
      names("added", answer.path("added"));
      names("removed", answer.path("removed"));
      for (var column : answer.path("retyped"))
        System.out.printf(
            "type of %s: %s -> %s%n",
            column.path("name").asText(), column.path("from").asText(), column.path("to").asText());
      var rows = new ArrayList<List<String>>();
      for (var column : answer.path("columns")) {
        rows.add(
            List.of(
                column.path("name").asText(),
                change(column.path("null_share")),
                change(column.path("distinct")),
                change(column.path("mean")),
                number(column.path("psi")),
                column.path("verdict").asText("")));
      }
      Connection.table(List.of("COLUMN", "NULLS", "DISTINCT", "MEAN", "PSI", "CHANGE"), rows);
    }

    private static void names(String what, JsonNode columns) {
      if (columns.isEmpty()) return;
      var names = new ArrayList<String>();
      columns.forEach(c -> names.add(c.asText()));
      System.out.printf("%s: %s%n", what, String.join(", ", names));
    }

    /** Both values, or one where they look the same. */
    private static String change(JsonNode pair) {
      var from = number(pair.path("from"));
      var to = number(pair.path("to"));
      return from.equals(to) ? from : from + " -> " + to;
    }
  }

  @Command(name = "query", description = "Run one SELECT over datasets, named as tables.")
  static final class Query implements Runnable {
    @Mixin Connection connection;

    @Parameters(index = "0", paramLabel = "SQL", description = "A statement, or @FILE.")
    String sql;

    @Option(
        names = "--dataset",
        paramLabel = "NAME",
        required = true,
        description = "A dataset the statement reads; may be repeated.")
    List<String> datasets = List.of();

    @Option(
        names = "--value",
        paramLabel = "NAME=VALUE",
        description = "A value for $NAME in the statement; may be repeated.")
    List<String> values = List.of();

    @Option(
        names = "--limit",
        paramLabel = "ROWS",
        description = "Rows to show at the most (default: ${DEFAULT-VALUE}).")
    int limit = 20;

    @Override
    public void run() {
      var body =
          Json.object()
              .put("sql", sql.startsWith("@") ? Texts.read(Path.of(sql.substring(1))) : sql)
              .put("limit", limit);
      var names = body.putArray("datasets");
      datasets.forEach(names::add);
      body.set("values", RunCommand.body("--value", values, true).path("params"));
      var answer = connection.api().post("/api/v1/query", body);
      connection.print(
          answer,
          () -> {
            var header = new ArrayList<String>();
            answer
                .path("columns")
                .forEach(c -> header.add(c.isTextual() ? c.asText() : c.path("name").asText()));
            var rows = new ArrayList<List<String>>();
            for (var row : answer.path("rows")) {
              var cells = new ArrayList<String>();
              row.forEach(cell -> cells.add(cell.isNull() ? "" : cell.asText()));
              rows.add(cells);
            }
            Connection.table(header, rows);
          });
    }
  }
}
