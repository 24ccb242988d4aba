package io.millrace.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that only holds others. */
abstract sealed class Group implements Runnable
    permits PipelineCommand,
        TriggerCommand,
        DatasetCommand,
        ExperimentCommand,
        ModelCommand,
        EndpointCommand,
        ArtifactsCommand,
        ComponentCommand,
        ImportCommand,
        SecretCommand,
        StreamCommand {
  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "one of its commands is needed: " + String.join(", ", spec.subcommands().keySet()));
  }
}
