package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code model ...}. */
@Command(
    name = "model",
    description = "Registered models, their versions and aliases.",
    subcommands = {
      ModelCommand.Import.class,
      ModelCommand.ListAll.class,
      ModelCommand.Show.class,
      ModelCommand.Alias.class
    })
final class ModelCommand extends Group {
  @Command(
      name = "import",
      description = "Make a new version of a model from an ONNX file or an MLflow model folder.")
  static final class Import implements Runnable {
    @Mixin Connection connection;

    @Parameters(index = "0", paramLabel = "NAME")
    String name;

    @Parameters(index = "1", paramLabel = "FILE.onnx|FOLDER")
    Path source;

    @Override
    public void run() {
      var api = connection.api();
      var body = Json.object();
      if (Files.isDirectory(source))
        body.put("folder", Uploads.uploadDirectory(api, source, System.err::println).hex());
      else body.put("onnx", Uploads.upload(api, source, System.err::println).hex());
      var version = api.post("/api/v1/models/" + Api.segment(name) + "/versions", body);
      connection.print(
          version,
          () -> {
            System.out.printf("%s/%s%n", name, number(version));
            version.path("missing").forEach(m -> System.out.println("missing: " + m.asText()));
          });
    }
  }

  @Command(name = "list", description = "The registered models.")
  static final class ListAll implements Runnable {
    @Mixin Connection connection;

    @Override
    public void run() {
      var answer = connection.api().get("/api/v1/models");
      connection.print(
          answer,
          () -> {
            var rows = new ArrayList<List<String>>();
            for (var model : answer.path("models")) {
              rows.add(
                  List.of(
                      model.path("name").asText(),
                      PipelineCommand.text(model, "latest"),
                      aliases(model)));
            }
            Connection.table(List.of("MODEL", "LATEST", "ALIASES"), rows);
          });
    }
  }

  @Command(name = "show", description = "A model's versions, or one version.")
  static final class Show implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "NAME[/VERSION]")
    String name;

    @Override
    public void run() {
      int slash = name.indexOf('/');
      if (slash >= 0) {
        var answer =
            connection
                .api()
                .get(
                    "/api/v1/models/"
                        + Api.segment(name.substring(0, slash))
                        + "/versions/"
                        + Api.segment(name.substring(slash + 1)));
        connection.print(answer, () -> System.out.println(Json.pretty(answer)));
        return;
      }
      var answer = connection.api().get("/api/v1/models/" + Api.segment(name));
      connection.print(
          answer,
          () -> {
            var rows = new ArrayList<List<String>>();
            for (var version : answer.path("versions")) {
              rows.add(
                  List.of(
                      name + "/" + number(version),
                      version.path("package").asText(),
                      version.path("created_at").asText()));
            }
            Connection.table(List.of("VERSION", "PACKAGE", "CREATED"), rows);
            System.out.println("aliases: " + aliases(answer));
          });
    }
  }

  @Command(name = "alias", description = "Point an alias at a version, or take it away.")
  static final class Alias implements Runnable {
    @Mixin Connection connection;

    @Parameters(
        index = "0",
        paramLabel = "NAME/VERSION|NAME",
        description = "The version; with --delete the model.")
    String version;

    @Parameters(index = "1", paramLabel = "ALIAS")
    String alias;

    @Option(names = "--delete", description = "Take the alias away.")
    boolean delete;

    @Override
    public void run() {
      int slash = version.indexOf('/');
      var path =
          "/api/v1/models/"
              + Api.segment(slash < 0 ? version : version.substring(0, slash))
              + "/aliases/"
              + Api.segment(alias);
      if (delete) {
        var answer = connection.api().delete(path);
        connection.print(answer, () -> System.out.printf("alias %s is gone%n", alias));
        return;
      }
      if (!version.matches("[^/]+/[0-9]{1,18}"))
        throw new WrongUsage("model version", version, "NAME/VERSION, such as flight-delay/1");
      long number = Long.parseLong(version.substring(slash + 1));
      var answer = connection.api().put(path, Json.object().put("version", number));
      connection.print(
          answer,
          () ->
              System.out.printf("%s is now %s@%s%n", version, version.substring(0, slash), alias));
    }
  }

  private static String number(JsonNode version) {
    return version.has("number")
        ? version.path("number").asText()
        : version.path("version").asText();
  }

  private static String aliases(JsonNode model) {
    var names = new ArrayList<String>();
    for (var alias : model.path("aliases").properties())
      names.add(alias.getKey() + " -> " + alias.getValue().asText());
    return String.join(", ", names);
  }
}
