package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
          "Make a version of a dataset from a file or folder (Parquet, CSV, JSON lines; .gz too).")
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
      int slash = name.indexOf('/');
      var dataset = slash < 0 ? name : name.substring(0, slash);
      var number = slash < 0 ? "latest" : name.substring(slash + 1);
      var answer =
          api.get(
              "/api/v1/datasets/"
                  + Api.segment(dataset)
                  + "/versions/"
                  + Api.segment(number)
                  + "/statistics");
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

  @Command(name = "diff", description = "How one version differs from another.")
  static final class Diff implements Runnable {
    @Mixin Connection connection;

    @Parameters(index = "0", paramLabel = "DATASET/A")
    String from;

    @Parameters(index = "1", paramLabel = "DATASET/B")
    String to;

    @Override
    public void run() {
      var a = parts(from);
      var b = parts(to);
      if (!a[0].equals(b[0]))
        throw new InvalidInput(
            "second version", to, "a version of the same dataset, such as " + a[0] + "/2");
      var answer =
          connection
              .api()
              .get(
                  "/api/v1/datasets/"
                      + Api.segment(a[0])
                      + "/diff?from="
                      + Api.segment(a[1])
                      + "&to="
                      + Api.segment(b[1]));
      connection.print(answer, () -> System.out.println(Json.pretty(answer)));
    }

    private static String[] parts(String text) {
      int slash = text.indexOf('/');
      if (slash < 1 || slash == text.length() - 1)
        throw new InvalidInput("dataset version", text, "DATASET/NUMBER, such as flights/1");
      return new String[] {text.substring(0, slash), text.substring(slash + 1)};
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
      body.set("values", RunCommand.body(values, true).path("params"));
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
