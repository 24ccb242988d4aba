package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a command finds: {@code work} with the project's files and params.json, {@code inputs} with
 * copies of its artifacts, {@code outputs} for what it gives, and {@code tmp}.
 */
final class ProcessFolder {
  static final String PARAMS = "params.json";

  /** Longer texts stand in params.json only, since systems limit what variables may hold. */
  private static final int LONGEST_VARIABLE = 100_000;

  /** What a command gets of the server's own variables, which hold secrets too. */
  private static final List<String> PASSED = List.of("PATH", "HOME", "LANG");

  private final Path root;

  ProcessFolder(Path root) {
    this.root = root.toAbsolutePath();
  }

  Path work() {
    return root.resolve("work");
  }

  Path inputs() {
    return root.resolve("inputs");
  }

  Path outputs() {
    return root.resolve("outputs");
  }

  private Path temporary() {
    return root.resolve("tmp");
  }

  /** Also where an attempt was given up half-way through this. */
  void layOut(Task task, Map<String, String> files, Artifacts artifacts) throws IOException {
    for (var folder : List.of(work(), inputs(), outputs(), temporary())) {
      Folders.delete(folder);
      Files.createDirectories(folder);
    }
    if (files.containsKey(PARAMS))
      throw new InvalidInput(
          "files: the name %s is that of the step's values; rename the file".formatted(PARAMS));
    for (var file : files.entrySet()) write(file.getKey(), file.getValue());
    Files.writeString(work().resolve(PARAMS), Json.pretty(values(task)) + "\n");
    for (var input : task.artifacts().entrySet()) {
      var target = inputs().resolve(input.getKey());
      var ref = input.getValue();
      if (ref.type().isDirectory()) {
        artifacts.checkOut(ref.digest(), target);
      } else {
        try (var in = artifacts.open(ref.digest())) {
          Files.copy(in, target);
        }
      }
      protect(target);
    }
  }

  private void write(String path, String text) throws IOException {
    var file = work().resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    if (text.startsWith("#!") && !file.toFile().setExecutable(true))
      throw new IOException("cannot make %s executable".formatted(file));
  }

  /** A copy each, so that what a command does to it is done to nobody else's. */
  private static void protect(Path target) throws IOException {
    try (var paths = Files.walk(target)) {
      for (var path : (Iterable<Path>) paths.filter(Files::isRegularFile)::iterator)
        if (!path.toFile().setWritable(false))
          throw new IOException("cannot make %s read-only".formatted(path));
    }
  }

  /** The step's values, its variables and secrets left out. */
  private static Map<String, JsonNode> values(Task task) {
    var values = new TreeMap<>(task.values());
    values
        .keySet()
        .removeIf(
            name -> name.startsWith(StepDefinition.ENV) || name.startsWith(StepSecrets.PREFIX));
    return values;
  }

  Map<String, String> environment(Task task, Map<String, JsonNode> variables, String server) {
    var all = new TreeMap<String, String>();
    for (var name : PASSED) {
      var value = System.getenv(name);
      if (value != null) all.put(name, value);
    }
    all.put("TMPDIR", temporary().toString());
    all.put("MILLRACE_INPUTS", inputs().toString());
    all.put("MILLRACE_OUTPUTS", outputs().toString());
    all.put("MILLRACE_PARAMS", work().resolve(PARAMS).toString());
    all.put("MLFLOW_TRACKING_URI", server);
    all.put("MLFLOW_RUN_ID", task.run().id());
    for (var input : task.artifacts().keySet())
      all.put("MILLRACE_INPUT_" + upper(input), inputs().resolve(input).toString());
    values(task)
        .forEach((name, value) -> {
          var text = text(value);
          if (text.length() <= LONGEST_VARIABLE && text.indexOf('\0') < 0)
            all.put("MILLRACE_PARAM_" + upper(name), text);
        });
    variables.forEach((name, value) -> all.put(name, variable(name, value)));
    task.values()
        .forEach((name, value) -> {
          if (!name.startsWith(StepDefinition.ENV)) return;
          var variable = name.substring(StepDefinition.ENV.length());
          all.put(variable, variable(variable, value));
        });
    return all;
  }

  private static String variable(String name, JsonNode value) {
    var text = text(value);
    if (value.isContainerNode() || text.length() > LONGEST_VARIABLE || text.indexOf('\0') >= 0)
      throw new InvalidInput(
          "variable " + name,
          text,
          "a text of at most %,d characters, a number or a truth value"
              .formatted(LONGEST_VARIABLE));
    return text;
  }

  private static String text(JsonNode value) {
    return value.isTextual() ? value.textValue() : value.toString();
  }

  private static String upper(String name) {
    return name.toUpperCase(Locale.ROOT);
  }
}
