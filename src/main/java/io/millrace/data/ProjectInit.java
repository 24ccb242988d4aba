package io.millrace.data;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Manifest;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Writes the files of a project for one table and one label: dataset, contract, query and pipeline,
 * ready to apply and run. What was decided, and might be decided otherwise, is said in notes.
 */
public final class ProjectInit {
  private static final long FEWEST_ROWS = 20;
  private static final long ENOUGH_OF_A_CLASS = 200;

  private final Datasets datasets;
  private final Profiles profiles;
  private final Artifacts artifacts;

  public ProjectInit(Datasets datasets, Profiles profiles, Artifacts artifacts) {
    this.datasets = datasets;
    this.profiles = profiles;
    this.artifacts = artifacts;
  }

  /**
   * A new project.
   *
   * @param files text by path
   * @param pipeline the name of its pipeline
   */
  public record Project(SortedMap<String, String> files, String pipeline, List<String> notes) {
    public Project {
      files = new TreeMap<>(files);
      notes = List.copyOf(notes);
    }
  }

  /**
   * Reads the table and writes the project; stores nothing but the converted table.
   *
   * @param name of the project; characters that a name cannot have are replaced
   * @param blob the table's file, uploaded
   * @param file the file's name; the project expects it at data/FILE
   * @param label the column to predict
   */
  public Project create(String name, Digest blob, String file, String label) {
    Manifest.check(file);
    if (file.indexOf('/') >= 0)
      throw new InvalidInput("file", file, "a file's name without folders");
    var project = FeaturePlan.slug(name);
    var options = options(blob, file);
    var prepared = datasets.prepare("init", new TreeMap<>(Map.of(file, blob)), options);
    if (prepared.rows() < FEWEST_ROWS) {
      throw new InvalidInput(
          "%s has %,d rows; a model needs at least %d to learn from and be judged by"
              .formatted(file, prepared.rows(), FEWEST_ROWS));
    }
    var statistics = profiles.profile(prepared.digest());
    try (var engine = datasets.engine()) {
      var relation = datasets.relation(prepared.digest());
      var odd = new OddValues(engine, relation, source(blob, file, options));
      var labels = LabelPlan.of(engine, relation, engine.columns(relation), label, odd);
      var features = FeaturePlan.of(engine, relation, statistics, labels, odd);
      return files(new Draft(project, file, options, statistics, labels, features));
    }
  }

  private OddValues.Source source(Digest blob, String file, SourceOptions options) {
    return new OddValues.Source(new SourceFile(file, artifacts.file(blob)), options);
  }

  /**
   * @param name of the project and of all that it defines: datasets are named once a server, and
   *     tables of different projects may have the same file name
   */
  private record Draft(
      String name,
      String file,
      SourceOptions options,
      Statistics statistics,
      LabelPlan label,
      FeaturePlan features) {}

  /**
   * The format by the name, and a CSV file's delimiter by its content, so that the project says
   * both.
   */
  private SourceOptions options(Digest blob, String file) {
    var format = SourceOptions.Format.of(file);
    if (format == null)
      throw new InvalidInput(
          "file", file, "a name that ends in .parquet, .csv or .jsonl (or .csv.gz, .jsonl.gz)");
    var csv = SourceOptions.Csv.DEFAULT;
    if (format == SourceOptions.Format.CSV)
      csv = new SourceOptions.Csv(delimiter(blob, file, csv.quote()), csv.quote(), csv.header());
    return new SourceOptions(format, csv, new TreeMap<>());
  }

  private char delimiter(Digest blob, String file, char quote) {
    try {
      return CsvRows.delimiter(new SourceFile(file, artifacts.file(blob)), quote);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Project files(Draft draft) {
    var usable = draft.features().kept().size() - draft.features().ignored().size();
    if (draft.features().kept().isEmpty() && draft.features().notes().isEmpty()) {
      throw new InvalidInput(
          "no column is left to learn from: \"%s\" is the only one, and it is the label"
              .formatted(draft.label().column()));
    }
    if (usable == 0) {
      throw new InvalidInput(
          "no column is left to learn from:\n  %s"
              .formatted(String.join("\n  ", draft.features().notes())));
    }
    var files = new TreeMap<String, String>();
    files.put("millrace.yaml", "name: %s\n".formatted(YamlText.of(draft.name())));
    files.put("datasets/%s.yaml".formatted(draft.name()), dataset(draft));
    files.put("contracts/%s.yaml".formatted(draft.name()), contract(draft));
    files.put("queries/%s.sql".formatted(draft.name()), query(draft));
    files.put("pipelines/%s.yaml".formatted(draft.name()), pipeline(draft));
    var notes = new ArrayList<>(draft.label().notes());
    notes.addAll(draft.features().notes());
    return new Project(files, draft.name(), notes);
  }

  private static String dataset(Draft draft) {
    var text =
        new StringBuilder(
            "# The table as it comes: where it lies, how it is read, its columns' types.\n");
    text.append("source: ").append(YamlText.quoted("data/" + draft.file())).append('\n');
    var format = draft.options().format();
    if (format != null) text.append("format: ").append(format.word()).append('\n');
    var delimiter = draft.options().csv().delimiter();
    if (delimiter != null)
      text.append("csv: { delimiter: ")
          .append(YamlText.quoted(delimiter.toString()))
          .append(" }\n");
    text.append("columns:\n");
    for (var column : draft.statistics().columns()) {
      if (column.nulls() == draft.statistics().rows()) continue;
      text.append("  ")
          .append(YamlText.of(column.name()))
          .append(": { type: ")
          .append(ColumnContract.word(column.type()))
          .append(" }\n");
    }
    return text.toString();
  }

  private static String contract(Draft draft) {
    var columns = new ArrayList<ColumnContract>();
    for (var column : draft.features().kept()) {
      columns.add(
          new ColumnContract(
              column.name(),
              column.type(),
              !column.name().equals(draft.features().key()),
              null,
              null,
              List.of(),
              column.unique() && column.name().equals(draft.features().key())));
    }
    columns.add(
        new ColumnContract(
            draft.label().column(),
            draft.label().type(),
            false,
            null,
            null,
            draft.label().values(),
            false));
    return "# What the rows must look like before a model learns from them; what breaks it stops the run (or: warn, quarantine).\n"
        + "# A column may also have min, max, values and unique; a rule is a condition on the row.\n"
        + ContractText.of(new Contract(columns, List.of(), OnFailure.STOP))
        + "# rules:\n#   - { name: no negative amounts, expression: \"amount >= 0\", on-failure: quarantine }\n";
  }

  private static String query(Draft draft) {
    var columns = new ArrayList<String>();
    for (var column : draft.features().kept())
      columns.add(
          column.sql().equals(Sql.name(column.name()))
              ? column.sql()
              : column.sql() + " as " + Sql.name(column.name()));
    var label = Sql.name(draft.label().column());
    columns.add(draft.label().sql().equals(label) ? label : draft.label().sql() + " as " + label);
    return """
    -- The examples a model learns from: one row each, its label last. Rows without a label are left out.
    select
      %s
    from %s
    where %s is not null
    order by all
    """
        .formatted(String.join(",\n  ", columns), Sql.name(draft.name()), label);
  }

  private static String pipeline(Draft draft) {
    var label = draft.label();
    boolean regression = label.task() == LabelPlan.Task.REGRESSION;
    var name = YamlText.of(draft.name());
    var ignored = list(draft.features().ignored());
    var slices =
        draft.features().slices().isEmpty() ? "" : ", slices: " + list(draft.features().slices());
    return """
    # From the table to a served model: millrace run %1$s --follow
    name: %1$s
    steps:
      examples: { uses: data/query, with: { sql: queries/%2$s.sql, datasets: [%1$s] } }
      validate: { uses: data/validate, with: { data: "${{ steps.examples.outputs.data }}", contract: contracts/%2$s.yaml } }
      split:    { uses: data/split, with: { data: "${{ steps.validate.outputs.data }}", %3$s, test: 0.2 } }
      train:    { uses: train/xgboost, with: { data: "${{ steps.split.outputs.train }}", label: %4$s, objective: %5$s, ignore: %6$s, seed: 7 } }
      evaluate: { uses: evaluate/%7$s, with: { model: "${{ steps.train.outputs.model }}", baselines: "${{ steps.train.outputs.baselines }}", data: "${{ steps.split.outputs.test }}", label: %4$s%8$s } }
      gate:     { uses: gate/champion, with: { report: "${{ steps.evaluate.outputs.report }}", model: %1$s, rule: "%9$s" } }
      register: { if: "${{ steps.gate.outputs.pass }}", uses: registry/register, with: { model: "${{ steps.train.outputs.model }}", name: %1$s } }
      deploy:   { uses: serving/deploy, with: { version: "${{ steps.register.outputs.version }}", endpoint: %1$s } }
    """
        .formatted(
            name,
            draft.name(),
            split(draft),
            YamlText.of(label.column()),
            label.task().word(),
            ignored,
            regression ? "regression" : "classification",
            slices,
            rule(label.task()));
  }

  private static String list(List<String> names) {
    return names.stream().map(YamlText::of).collect(Collectors.joining(", ", "[", "]"));
  }

  /**
   * By the key, so that a row stays on its side as the table grows; where a class is rare, by its
   * share.
   */
  private static String split(Draft draft) {
    boolean rare =
        draft.label().smallest() < ENOUGH_OF_A_CLASS
            && draft.label().task() != LabelPlan.Task.REGRESSION;
    if (rare) return "by: stratified, column: " + YamlText.of(draft.label().column());
    var key = draft.features().key();
    return key == null ? "by: hash" : "by: hash, column: " + YamlText.of(key);
  }

  private static String rule(LabelPlan.Task task) {
    return switch (task) {
      case BINARY -> "candidate.auc >= champion.auc - 0.002";
      case MULTICLASS -> "candidate.log_loss <= champion.log_loss * 1.02";
      case REGRESSION -> "candidate.rmse <= champion.rmse * 1.02";
    };
  }
}
