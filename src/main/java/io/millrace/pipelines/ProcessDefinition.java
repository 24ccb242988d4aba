package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.definitions.YamlNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A command as a file defines it.
 *
 * @param place where it stands
 * @param files patterns for the project's files that it gets
 * @param variables those that the command always gets
 * @param environment what the user says of the interpreter and libraries, such as the digest of a
 *     lock file; part of the step's key and of nothing else
 * @param resources what it takes while it works
 */
record ProcessDefinition(
    YamlNode place,
    String command,
    List<YamlNode> files,
    List<Component.Output> outputs,
    Map<String, JsonNode> variables,
    @Nullable String environment,
    Resources resources) {
  ProcessDefinition {
    files = List.copyOf(files);
    outputs = List.copyOf(outputs);
    variables = Map.copyOf(variables);
  }

  ProcessDefinition with(Map<String, JsonNode> always) {
    return new ProcessDefinition(place, command, files, outputs, always, environment, resources);
  }
}
