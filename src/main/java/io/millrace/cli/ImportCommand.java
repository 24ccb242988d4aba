package io.millrace.cli;

import io.millrace.base.Json;
import io.millrace.migration.PostgresCopy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code import mlflow DATABASE}. */
@Command(
    name = "import",
    description = "Take over what another program kept.",
    subcommands = ImportCommand.Mlflow.class)
final class ImportCommand extends Group {
  @Command(
      name = "mlflow",
      description = {
        "Take over the experiments, runs, models and prompts of an MLflow server.",
        "What is here already is left as it is, so it can be done again."
      })
  static final class Mlflow implements Runnable {
    @Mixin Connection connection;

    @Parameters(
        paramLabel = "DATABASE",
        description = {
          "The server's SQLite file, such as mlflow.db; stop the server first.",
          "Or its PostgreSQL database as postgresql://USER@HOST:PORT/NAME;",
          "the password may be in the URI, in PGPASSWORD or in ~/.pgpass."
        })
    String database;

    @Option(
        names = "--artifacts",
        paramLabel = "DIR",
        description = "The folder of its files, such as mlartifacts or mlruns.")
    @Nullable Path artifacts;

    @Override
    public void run() {
      if (PostgresCopy.isUri(database)) copied(database);
      else take(file(database));
    }

    private void copied(String uri) {
      try {
        var folder = Files.createTempDirectory("millrace-import-");
        var copy = folder.resolve("mlflow.db");
        try {
          PostgresCopy.copy(uri, System.getenv("PGPASSWORD"), copy, System.err::println);
          take(copy);
        } finally {
          Files.deleteIfExists(copy);
          Files.deleteIfExists(folder.resolve("mlflow.db-journal"));
          Files.delete(folder);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void take(Path file) {
      var api = connection.api();
      var body =
          Json.object().put("database", Uploads.upload(api, file, System.err::println).hex());
      if (artifacts != null) {
        if (!Files.isDirectory(artifacts))
          throw new WrongUsage("--artifacts", artifacts.toString(), "a folder");
        body.put("artifacts", Uploads.uploadDirectory(api, artifacts, _ -> {}).hex());
      }
      var answer = api.post("/api/v1/imports/mlflow", body);
      connection.print(
          answer,
          () -> {
            System.out.printf(
                Locale.ROOT,
                "new: %,d experiments, %,d runs with %,d metric values, %,d logged models, %,d models, %,d versions, %,d files%n",
                answer.path("experiments").asLong(),
                answer.path("runs").asLong(),
                answer.path("points").asLong(),
                answer.path("logged_models").asLong(),
                answer.path("models").asLong(),
                answer.path("versions").asLong(),
                answer.path("files").asLong());
            for (var one : answer.path("skipped")) System.out.println("skipped: " + one.asText());
          });
    }

    private static Path file(String text) {
      var name = text.startsWith("sqlite:///") ? text.substring("sqlite:///".length()) : text;
      if (name.contains("://"))
        throw new WrongUsage(
            "database",
            // Such a URI may hold a password.
            name.substring(0, name.indexOf("://")) + "://...",
            "a SQLite file or postgresql://...; bring other databases into a SQLite file first: make an empty one with `mlflow db upgrade sqlite:///mlflow.db`, then copy the tables' rows");
      var file = Path.of(name);
      var log = Path.of(name + "-wal");
      try {
        if (Files.exists(log) && Files.size(log) > 0)
          throw new WrongUsage(
              "database",
              name,
              "one that nobody has open: stop the MLflow server, so that %s goes"
                  .formatted(log.getFileName()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return file;
    }
  }
}
