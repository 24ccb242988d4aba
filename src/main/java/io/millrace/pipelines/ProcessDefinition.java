package io.millrace.pipelines;

import io.millrace.definitions.YamlNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A command as a file defines it.
 *
 * @param place where it stands
 * @param files patterns for the project's files that it gets
 * @param environment what the user says of the interpreter and libraries, such as the digest of a
 *     lock file; part of the step's key and of nothing else
 * @param memory the most bytes of address space of each process, or null for no limit
 */
record ProcessDefinition(
    YamlNode place,
    String command,
    List<YamlNode> files,
    List<Component.Output> outputs,
    @Nullable String environment,
    @Nullable Long memory) {
  ProcessDefinition {
    files = List.copyOf(files);
    outputs = List.copyOf(outputs);
  }
}
