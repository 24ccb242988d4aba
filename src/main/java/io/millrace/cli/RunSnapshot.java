package io.millrace.cli;

import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Locale;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code experiment snapshot}. */
@Command(
    name = "snapshot",
    description = {
      "Keep the code of a run: the text files of a folder.",
      "In a git repository those that git does not ignore, else all that are not hidden."
    })
final class RunSnapshot implements Runnable {
  @Mixin Connection connection;

  @Parameters(index = "0", paramLabel = "RUN", description = "Its id.")
  String id;

  @Parameters(index = "1", paramLabel = "DIR", description = "The folder of the code.")
  Path folder;

  @Option(
      names = "--exclude",
      paramLabel = "PATTERN",
      description = "Leave out paths such as 'data/**'; may be repeated.")
  List<String> excluded = List.of();

  @Option(names = "--replace", description = "Let go of other code that the run has.")
  boolean replace;

  @Override
  public void run() {
    var path = ExperimentCommand.run(id) + "/code";
    var matchers = excluded.stream().map(RunSnapshot::matcher).toList();
    var source = new SourceFolder(folder);
    var found = source.files();
    found.files().keySet().removeIf(f -> matchers.stream().anyMatch(m -> m.matches(Path.of(f))));
    if (found.files().isEmpty())
      throw new InvalidInput("no text file is in %s that could be code".formatted(folder));
    var api = connection.api();
    var body = Json.object().put("replace", replace);
    source.commit().ifPresent(commit -> body.put("commit", commit));
    var blobs = body.putObject("blobs");
    found
        .files()
        .forEach((name, file) -> blobs.put(name, Uploads.upload(api, file, name, _ -> {}).hex()));
    var answer = api.post(path, body);
    connection.print(
        answer,
        () -> {
          System.out.printf(
              Locale.ROOT,
              "kept %,d files (%,d bytes) as the code of run %s%n",
              answer.path("files").asLong(),
              answer.path("bytes").asLong(),
              id);
          found.leftOut().forEach(name -> System.out.println("left out: " + name));
        });
  }

  private static PathMatcher matcher(String pattern) {
    try {
      return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    } catch (PatternSyntaxException e) {
      throw new WrongUsage("--exclude", pattern, "a pattern such as *.csv or data/**");
    }
  }
}
