package io.millrace.cli;

import io.millrace.base.Conflict;
import io.millrace.base.Json;
import io.millrace.base.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code init DIR --data FILE --label COLUMN}. */
@Command(
    name = "init",
    description = "Make a project for a table of one's own: dataset, contract, pipeline.")
final class InitCommand implements Runnable {
  @Mixin Connection connection;

  @Parameters(
      paramLabel = "DIR",
      description = "The folder to make; it must not exist, or be empty.")
  Path folder;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = "The table: Parquet, CSV, JSON lines or a JSON list.")
  Path data;

  @Option(
      names = "--label",
      required = true,
      paramLabel = "COLUMN",
      description = "The column to predict.")
  String label;

  @Override
  public void run() {
    try {
      if (Files.exists(folder)) {
        try (var files = Files.list(folder)) {
          if (files.findAny().isPresent())
            throw new Conflict("%s is there and not empty; name a new folder".formatted(folder));
        }
      }
      var api = connection.api();
      var name = folder.toAbsolutePath().normalize().getFileName().toString();
      var blob = Uploads.upload(api, data, line -> {});
      var body =
          Json.object()
              .put("name", name)
              .put("blob", blob.hex())
              .put("file", data.getFileName().toString())
              .put("label", label);
      var answer = api.post("/api/v1/projects/init", body);
      var texts = new TreeMap<Path, String>();
      for (var file : answer.path("files").properties())
        texts.put(below(file.getKey(), api), file.getValue().asText());
      texts.forEach(Texts::write);
      var copy = folder.resolve("data").resolve(data.getFileName().toString());
      Files.createDirectories(folder.resolve("data"));
      Files.copy(data, copy);
      connection.print(
          answer,
          () -> {
            answer
                .path("files")
                .properties()
                .forEach(f -> System.out.println(folder.resolve(f.getKey())));
            System.out.println(copy);
            answer.path("notes").forEach(n -> System.out.println("note: " + n.asText()));
            System.out.printf(
                "%nnext: ./millrace apply %s && ./millrace run %s --follow%n",
                folder, answer.path("pipeline").asText(name));
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where a file that the server names is written: inside the new folder, whatever it says. */
  private Path below(String path, Api api) {
    boolean inside =
        path.chars().noneMatch(c -> c == '\\' || Character.isISOControl(c))
            && Arrays.stream(path.split("/", -1))
                .noneMatch(s -> s.isEmpty() || s.equals(".") || s.equals(".."));
    if (inside) return folder.resolve(path);
    throw new Refused(
        "the server at %s named a file \"%s\", which is no path inside %s; nothing was written: make sure that it is a Millrace server you trust"
            .formatted(api.url(), path, folder));
  }
}
