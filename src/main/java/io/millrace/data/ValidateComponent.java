package io.millrace.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.definitions.Yaml;
import io.millrace.pipelines.ArtifactRef;
import io.millrace.pipelines.Component;
import io.millrace.pipelines.Result;
import io.millrace.pipelines.Task;
import io.millrace.pipelines.ValueType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;

/**
 * {@code data/validate}: checks data against a contract. Stops, warns, or sets rows aside, as the
 * contract says; what it set aside is the output {@code quarantine}, which is missing where nothing
 * was.
 */
public final class ValidateComponent implements Component {
  private final Datasets datasets;

  public ValidateComponent(Datasets datasets) {
    this.datasets = datasets;
  }

  @Override
  public String name() {
    return "data/validate";
  }

  @Override
  public String meaning() {
    return "Checks data against a contract; stops, warns or sets rows aside.";
  }

  @Override
  public List<Input> inputs() {
    return List.of(
        Input.required("data", ValueType.DATASET, "the rows"),
        Input.required(
            "contract", ValueType.FILE, "a file of the project, such as contracts/examples.yaml"));
  }

  @Override
  public List<Output> outputs() {
    return List.of(
        new Output("data", ValueType.DATASET, "the rows that may be used"),
        new Output(
            "quarantine",
            ValueType.DATASET,
            "the rows set aside, each with the rules it breaks; missing where there are none"));
  }

  @Override
  public Result run(Task task) throws InterruptedException {
    var name = task.value("contract");
    var contract =
        ContractFile.file(
            Yaml.read(name == null ? "contract" : name.asText(), task.file("contract")));
    var data = SplitComponent.data(task);
    try (var engine = datasets.engine(1)) {
      task.onCancel(engine::cancel);
      var relation = datasets.relation(data);
      task.progress(
          "checking %d columns and %d rules"
              .formatted(contract.columns().size(), contract.rules().size()),
          Double.NaN);
      var validator = new Validator(engine, relation, contract);
      var validation = validator.validate();
      for (var finding : validation.broken())
        task.log(finding.onFailure().word() + ": " + finding.text());
      validation.stopIfBroken("the data");
      var artifacts = new HashMap<String, ArtifactRef>();
      artifacts.put("data", new ArtifactRef(ValueType.DATASET, data));
      if (validation.quarantined() > 0) {
        if (validation.quarantined() == validation.rows()) {
          throw new InvalidInput(
              "every row would be set aside:\n  %s"
                  .formatted(
                      String.join(
                          "\n  ",
                          validation.broken(OnFailure.QUARANTINE).stream()
                              .map(Finding::text)
                              .toList())));
        }
        var parts = validator.parts();
        artifacts.put(
            "data", new ArtifactRef(ValueType.DATASET, datasets.store(engine, parts.kept())));
        artifacts.put(
            "quarantine",
            new ArtifactRef(ValueType.DATASET, datasets.store(engine, parts.aside())));
      }
      task.log(
          "%,d rows, %,d set aside; %d of %d conditions hold"
              .formatted(
                  validation.rows(),
                  validation.quarantined(),
                  validation.findings().size() - validation.broken().size(),
                  validation.findings().size()));
      return new Result(artifacts, Map.of(), List.of(), summary(validation));
    } catch (CancellationException e) {
      throw new InterruptedException("cancelled");
    }
  }

  private static Map<String, JsonNode> summary(Validation validation) {
    var summary = new TreeMap<String, JsonNode>();
    summary.put("rows", Json.tree(validation.rows() - validation.quarantined()));
    summary.put("nulls", Json.tree(validation.nulls()));
    if (validation.quarantined() > 0)
      summary.put("quarantined", Json.tree(validation.quarantined()));
    var failed = Json.array();
    validation.broken().forEach(f -> failed.add(f.json()));
    summary.put("failed_rules", failed);
    return summary;
  }
}
