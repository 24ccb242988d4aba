package io.millrace.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Conflict;
import io.millrace.base.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands that move, copy and delete runs. */
final class RunChanges {
  private RunChanges() {}

  @Command(name = "move", description = "Move runs to another experiment, with all they noted.")
  static final class Move implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "RUN", arity = "1..*", description = "The runs' ids.")
    List<String> ids = List.of();

    @Option(
        names = "--to",
        paramLabel = "EXPERIMENT",
        required = true,
        description = "Its name, or its id.")
    String experiment;

    @Override
    public void run() {
      var answer = moved(connection, ids, experiment, false);
      connection.print(
          answer, () -> System.out.printf("moved to %s: %d%n", experiment, ids.size()));
    }
  }

  @Command(
      name = "copy",
      description = "Copy runs to an experiment, with all they noted; files are shared.")
  static final class Copy implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "RUN", arity = "1..*", description = "The runs' ids.")
    List<String> ids = List.of();

    @Option(
        names = "--to",
        paramLabel = "EXPERIMENT",
        required = true,
        description = "Its name, or its id.")
    String experiment;

    @Override
    public void run() {
      var answer = moved(connection, ids, experiment, true);
      connection.print(
          answer,
          () -> {
            var rows = new ArrayList<List<String>>();
            for (int i = 0; i < ids.size(); i++)
              rows.add(List.of(ids.get(i), answer.path("runs").path(i).asText()));
            Connection.table(List.of("RUN", "COPY"), rows);
          });
    }
  }

  private static JsonNode moved(
      Connection connection, List<String> ids, String experiment, boolean copy) {
    ids.forEach(ExperimentCommand::run);
    var body = Json.object().put("experiment", experiment).put("copy", copy);
    body.set("runs", Json.tree(ids));
    return connection.api().post("/api/v1/experiments/runs/move", body);
  }

  @Command(
      name = "delete",
      description = {
        "Delete a run; restore brings it back.",
        "With --for-good its files go, too, and nothing brings it back."
      })
  static final class Delete implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "RUN", description = "Its id.")
    String id;

    @Option(
        names = "--preview",
        description = "Only say what --for-good would take away, and what would break.")
    boolean preview;

    @Option(names = "--for-good", description = "Delete it for good, with its files and models.")
    boolean forGood;

    @Option(names = "--force", description = "With --for-good: even where something relies on it.")
    boolean force;

    @Override
    public void run() {
      if (force && !forGood) throw new WrongUsage("--force", "it alone", "it beside --for-good");
      var api = connection.api();
      var path = ExperimentCommand.run(id);
      var removal = api.get(path + "/removal");
      if (preview) {
        connection.print(removal, () -> print("deleting run %s for good takes", removal));
        return;
      }
      if (!forGood) {
        var deleted = api.post(path + "/delete", Json.object());
        connection.print(
            deleted,
            () ->
                System.out.printf(
                    "run %s is deleted; `millrace experiment restore %s` brings it back%n",
                    id, id));
        return;
      }
      // Asked before the run is touched, so that a refusal leaves it as it was.
      if (!removal.path("breaks").isEmpty() && !force)
        throw new Conflict(
            "run %s is relied on: %s; --force deletes it all the same"
                .formatted(id, String.join("; ", texts(removal.path("breaks")))));
      if (api.get(path).path("lifecycle").asText().equals("ACTIVE"))
        api.post(path + "/delete", Json.object());
      var removed = api.delete(path + "?force=" + force);
      connection.print(removed, () -> print("run %s is gone, and", removed));
    }

    private void print(String begin, JsonNode removal) {
      System.out.printf(
          Locale.ROOT,
          begin + " %,d files (%,d bytes) and %,d logged models%n",
          id,
          removal.path("files").asLong(),
          removal.path("bytes").asLong(),
          removal.path("models").asLong());
      for (var one : removal.path("breaks")) System.out.println("breaks: " + one.asText());
    }

    private static List<String> texts(JsonNode list) {
      var texts = new ArrayList<String>();
      list.forEach(one -> texts.add(one.asText()));
      return texts;
    }
  }

  @Command(name = "restore", description = "Bring a deleted run back.")
  static final class Restore implements Runnable {
    @Mixin Connection connection;

    @Parameters(paramLabel = "RUN", description = "Its id.")
    String id;

    @Override
    public void run() {
      var answer = connection.api().post(ExperimentCommand.run(id) + "/restore", Json.object());
      connection.print(answer, () -> System.out.printf("run %s is back%n", id));
    }
  }
}
