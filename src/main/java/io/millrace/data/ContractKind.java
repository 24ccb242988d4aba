package io.millrace.data;

import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.definitions.Change;
import io.millrace.definitions.Kind;
import io.millrace.definitions.ProjectFiles;
import io.millrace.definitions.Yaml;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The files of contracts/: checked at plan and apply, so that a mistake is told before anything
 * runs. They are made nothing of by themselves; the steps that name them read them.
 */
public final class ContractKind implements Kind {
  private final Datasets datasets;

  public ContractKind(Datasets datasets) {
    this.datasets = datasets;
  }

  @Override
  public String folder() {
    return "contracts";
  }

  @Override
  public Function<Snapshot, List<Change>> plan(ProjectFiles files) {
    check(files);
    return _ -> List.of();
  }

  @Override
  public Consumer<Transaction> prepare(ProjectFiles files) {
    check(files);
    return tx -> {};
  }

  private void check(ProjectFiles files) {
    var paths =
        files.texts().keySet().stream()
            .filter(p -> p.startsWith("contracts/") && p.endsWith(".yaml"))
            .toList();
    if (paths.isEmpty()) return;
    try (var engine = datasets.engine()) {
      for (var path : paths) {
        var root = Yaml.read(path, files.texts().getOrDefault(path, ""));
        ContractFile.checkRules(engine, Contract.parse(root), root);
      }
    }
  }
}
