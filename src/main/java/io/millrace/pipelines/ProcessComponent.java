package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Snapshot;
import io.millrace.definitions.YamlNode;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A user's command as a component: it gets its inputs as files and variables, in a folder and with
 * an open run of its own, and gives what it wrote. Called again for an attempt whose command was
 * started, it takes that one up.
 */
final class ProcessComponent implements Component {
  static final String FORMAT = "millrace-process-1";

  /** Between asking a command to end and killing it. */
  static final Duration GRACE = Duration.ofSeconds(10);

  private static final Duration POLL = Duration.ofMillis(400);
  private static final int MOST_FACTS = 8;

  private final ProcessSignature signature;
  private final ProcessDefinition definition;
  private final ProjectFileSet files;
  private final Artifacts artifacts;
  private final Commands commands;

  ProcessComponent(
      ProcessSignature signature,
      ProcessDefinition definition,
      ProjectFileSet files,
      Artifacts artifacts,
      Commands commands) {
    this.signature = signature;
    this.definition = definition;
    this.files = files;
    this.artifacts = artifacts;
    this.commands = commands;
  }

  @Override
  public String name() {
    return signature.name();
  }

  @Override
  public String meaning() {
    return signature.meaning();
  }

  @Override
  public String version() {
    return signature.version();
  }

  @Override
  public List<Input> inputs() {
    return signature.inputs();
  }

  @Override
  public List<Output> outputs() {
    return definition.outputs();
  }

  @Override
  public void check(Map<String, JsonNode> with) {
    signature
        .ranges()
        .forEach((input, range) -> {
          var value = with.get(input);
          if (value != null) range.check(input, value);
        });
  }

  @Override
  public Optional<JsonNode> identity() {
    var identity = Json.object().put("format", FORMAT).put("command", definition.command());
    var outputs = identity.putObject("outputs");
    definition.outputs().forEach(o -> outputs.put(o.name(), o.type().text()));
    if (!definition.variables().isEmpty()) identity.putObject("env").setAll(definition.variables());
    if (definition.environment() != null) identity.put("environment", definition.environment());
    return Optional.of(identity);
  }

  @Override
  public Map<String, String> files() {
    return files.texts();
  }

  Resources resources() {
    return definition.resources();
  }

  @Override
  public JsonNode settle(Snapshot snapshot, String name, JsonNode value, YamlNode place) {
    return name.startsWith(StepSecrets.PREFIX)
        ? StepSecrets.pin(snapshot, commands.secretsOrRefuse(), value, place)
        : value;
  }

  @Override
  public boolean outlives() {
    return true;
  }

  @Override
  public Result run(Task task) throws IOException, InterruptedException {
    try {
      return result(task, outputs(task));
    } finally {
      // Whatever was interrupted half-way, as the start of the command: nothing of it stays.
      if (task.cancelled()) {
        boolean _ = Thread.interrupted();
        commands.runner().cancel(task.attempt(), Duration.ZERO);
      }
    }
  }

  private ProcessResults.Collected outputs(Task task) throws IOException, InterruptedException {
    var folder = new ProcessFolder(task.folder());
    var runner = commands.runner();
    var attempt = task.attempt();
    var secrets = StepSecrets.open(commands, task.values());
    var mask = secrets.isEmpty() ? SecretMask.NONE : new SecretMask(secrets.values());
    task.onCancel(() -> runner.cancel(attempt, GRACE));
    if (runner.find(attempt).isEmpty()) {
      folder.layOut(task, files.laidOut(), artifacts);
      var environment = folder.environment(task, definition.variables(), commands.server().get());
      environment.putAll(secrets);
      runner.start(
          attempt,
          new Runner.Command(
              folder.work(), definition.command(), environment, definition.resources().memory()));
    }
    var output = new ProcessOutput(task, runner, mask);
    Runner.Status status;
    do {
      status = runner.await(attempt, POLL);
      output.passOn();
    } while (status.isRunning());
    output.end();
    if (task.cancelled()) throw new InterruptedException("cancelled");
    return switch (status) {
      case Runner.Status.Running _ -> throw new IllegalStateException("it still runs");
      case Runner.Status.Exited(int code) when code == 0 -> collect(folder, mask);
      case Runner.Status.Exited(int code) -> throw failed(code, output.last());
      case Runner.Status.Lost _ -> throw new CommandLost();
    };
  }

  /** What it gave, unless a value of that, which is kept and shown, holds a secret. */
  private ProcessResults.Collected collect(ProcessFolder folder, SecretMask mask)
      throws IOException {
    ProcessResults.Collected collected;
    try {
      collected = new ProcessResults(folder.outputs(), artifacts).collect(outputs());
    } catch (InvalidInput e) {
      throw new InvalidInput(mask.text(String.valueOf(e.getMessage())));
    }
    collected
        .outputs()
        .values()
        .forEach((name, value) -> {
          if (mask.finds(value))
            throw new InvalidInput(
                "output \"%s\" holds the value of a secret, and outputs are kept and shown; give something else"
                    .formatted(name));
        });
    return collected;
  }

  private static CommandFailed failed(int code, String last) {
    var how =
        code > 128 && code < 160
            ? "was ended by signal %d%s"
                .formatted(
                    code - 128,
                    code == 137 ? " (killed; where nobody did, the machine ran out of memory)" : "")
            : "ended with exit code %d".formatted(code);
    return new CommandFailed(
        "the command %s; %s"
            .formatted(how, last.isEmpty() ? "it wrote nothing" : "its last lines:\n" + last),
        code);
  }

  private static Result result(Task task, ProcessResults.Collected collected) {
    var facts = new LinkedHashMap<String, JsonNode>();
    collected
        .outputs()
        .values()
        .forEach((name, value) -> {
          if (value.isValueNode() && facts.size() < MOST_FACTS) facts.put(name, value);
        });
    collected
        .metrics()
        .forEach((name, value) -> {
          task.run().metric(name, value.doubleValue(), 0);
          if (facts.size() < MOST_FACTS) facts.putIfAbsent(name, value);
        });
    return new Result(
        collected.outputs().artifacts(), collected.outputs().values(), List.of(), facts);
  }
}
