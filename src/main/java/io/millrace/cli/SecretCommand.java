package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Unavailable;
import java.io.Console;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code secret ...}. */
@Command(
    name = "secret",
    description = "Values that commands of steps are given, and nobody is shown.",
    subcommands = {
      SecretCommand.Set.class,
      SecretCommand.ListAll.class,
      SecretCommand.Show.class,
      SecretCommand.Delete.class
    })
final class SecretCommand extends Group {
  private static final String PATH = "/api/v1/secrets/";

  @Command(
      name = "set",
      description = {
        "Make a value the secret's next version. It is read from standard input or a file, never from an argument,",
        "which others could see; one line end at its end is left out."
      })
  static final class Set implements Runnable {
    private static final int MOST_READ = 1 << 20;

    @Mixin Connection connection;

    @Parameters(paramLabel = "NAME")
    String name;

    @Option(names = "--file", paramLabel = "FILE", description = "Read the value from this file.")
    @Nullable Path file;

    @Override
    public void run() {
      var value = value();
      var answer =
          connection.api().put(PATH + Api.segment(name), BodyPublishers.ofByteArray(value));
      connection.print(
          answer,
          () ->
              System.out.printf(
                  "%s@%d is set%n", answer.path("name").asText(), answer.path("version").asInt()));
    }

    private byte[] value() {
      var console = Optional.ofNullable(System.console()).filter(Console::isTerminal);
      try {
        if (file == null && console.isPresent()) {
          var typed = console.get().readPassword("value of %s: ", name);
          return new String(typed == null ? new char[0] : typed).getBytes(StandardCharsets.UTF_8);
        }
        try (var in = file == null ? System.in : Files.newInputStream(file)) {
          return withoutLineEnd(in.readNBytes(MOST_READ));
        }
      } catch (IOException e) {
        throw new Unavailable(
            "the value could not be read (%s); give it on standard input or with --file FILE"
                .formatted(e));
      }
    }

    private static byte[] withoutLineEnd(byte[] read) {
      int end = read.length;
      if (end > 0 && read[end - 1] == '\n') end--;
      if (end < read.length && end > 0 && read[end - 1] == '\r') end--;
      return Arrays.copyOf(read, end);
    }
  }

  @Command(name = "list", description = "The secrets of this server, without their values.")
  static final class ListAll implements Runnable {
    @Mixin Connection connection;

    @Override
    public void run() {
      var answer = connection.api().get("/api/v1/secrets");
      connection.print(
          answer,
          () -> {
            var rows = new ArrayList<List<String>>();
            for (var secret : answer.path("secrets"))
              rows.add(
                  List.of(
                      secret.path("name").asText(),
                      secret.path("latest").asText(),
                      String.valueOf(secret.path("versions").size()),
                      lastSet(secret)));
            Connection.table(List.of("NAME", "LATEST", "VERSIONS", "SET"), rows);
          });
    }

    private static String lastSet(JsonNode secret) {
      var versions = secret.path("versions");
      return versions.path(versions.size() - 1).path("created_at").asText();
    }
  }

  @Command(name = "show", description = "A secret's versions, without their values.")
  static final class Show implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "NAME")
    String name;

    @Override
    public void run() {
      var answer = connection.api().get(PATH + Api.segment(name));
      connection.print(
          answer,
          () -> {
            var rows = new ArrayList<List<String>>();
            for (var version : answer.path("versions"))
              rows.add(
                  List.of(
                      "%s@%d".formatted(name, version.path("number").asInt()),
                      version.path("created_at").asText()));
            Connection.table(List.of("VERSION", "SET"), rows);
          });
    }
  }

  @Command(
      name = "delete",
      description = "Erase a secret, or one version of it. Numbers are not given again.")
  static final class Delete implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "NAME[@VERSION]")
    String reference;

    @Override
    public void run() {
      var answer = connection.api().delete(PATH + Api.segment(reference));
      connection.print(answer, () -> System.out.printf("%s is deleted%n", reference));
    }
  }
}
