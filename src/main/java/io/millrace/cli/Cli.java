package io.millrace.cli;

import io.millrace.base.Failure;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code millrace}. Exit codes: 0 done, 1 failed, 2 wrong usage. */
@Command(
    name = "millrace",
    description = "One program for the whole life of a machine-learning model.",
    versionProvider = Cli.Version.class,
    mixinStandardHelpOptions = true,
    scope = CommandLine.ScopeType.INHERIT,
    exitCodeOnInvalidInput = 2,
    exitCodeOnExecutionException = 1,
    subcommands = {
      QuickstartCommand.class,
      UpCommand.class,
      DownCommand.class,
      InitCommand.class,
      CheckCommand.class,
      TestCommand.class,
      PlanCommand.class,
      ApplyCommand.class,
      RunCommand.class,
      ExplainCommand.class,
      ImpactCommand.class,
      DiffCommand.class,
      ReproduceCommand.class,
      PauseCommand.class,
      ResumeCommand.class,
      ApprovalsCommand.class,
      CapacityCommand.class,
      ApproveCommand.class,
      PipelineCommand.class,
      TriggerCommand.class,
      BackfillCommand.class,
      ReplayCommand.class,
      StalenessCommand.class,
      ComponentCommand.class,
      SecretCommand.class,
      DatasetCommand.class,
      ExperimentCommand.class,
      ModelCommand.class,
      DeployCommand.class,
      EndpointCommand.class,
      StreamCommand.class,
      PredictCommand.class,
      ScoreCommand.class,
      PredictionsCommand.class,
      FeedbackCommand.class,
      LineageCommand.class,
      ImportCommand.class,
      ArtifactsCommand.class,
      GenerateCompletion.class,
    },
    footer = {
      "",
      "Start here: millrace quickstart",
      "Exit codes: 0 done, 1 failed, 2 wrong usage.",
    })
public final class Cli implements Runnable {
  @Spec CommandSpec spec;

  /** Runs one command line and returns its exit code. */
  public static int run(String... args) {
    var out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    var err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    var line = new CommandLine(new Cli());
    line.setOut(out).setErr(err).setExecutionExceptionHandler(Cli::failed);
    Objects.requireNonNull(line.getSubcommands().get("generate-completion"))
        .getCommandSpec()
        .usageMessage()
        .description(
            "Print a completion script for bash and zsh: source <(millrace generate-completion).");
    return line.execute(args);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is needed");
  }

  private static int failed(Exception e, CommandLine line, CommandLine.ParseResult parsed) {
    if (e instanceof WrongUsage) {
      line.getErr().println("millrace: " + e.getMessage());
      line.getErr().printf("See %s --help%n", line.getCommandSpec().qualifiedName());
      return 2;
    }
    if (e instanceof Failure || e instanceof Api.Rejected) {
      line.getErr().println("millrace: " + e.getMessage());
    } else {
      line.getErr()
          .println("millrace: this is a fault of the program; please report it with what follows");
      e.printStackTrace(line.getErr());
    }
    return 1;
  }

  /** The program's version, as the build wrote it. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"millrace " + io.millrace.base.Program.version()};
    }
  }
}
