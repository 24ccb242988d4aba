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
 * @param memory the most bytes of address space of each process, or null for no limit
 */
record ProcessDefinition(
    YamlNode place,
    String command,
    List<YamlNode> files,
    List<Component.Output> outputs,
    Map<String, JsonNode> variables,
    @Nullable String environment,
    @Nullable Long memory) {
  ProcessDefinition {
    files = List.copyOf(files);
    outputs = List.copyOf(outputs);
    variables = Map.copyOf(variables);
  }

  ProcessDefinition with(Map<String, JsonNode> always) {
    return new ProcessDefinition(place, command, files, outputs, always, environment, memory);
  }
}
