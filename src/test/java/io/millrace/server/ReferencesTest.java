package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.millrace.artifacts.References;
import io.millrace.base.Digest;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Garbage collection deletes what nobody names: so everything that keeps digests must be asked. */
class ReferencesTest {
  /** Columns that hold a blob's digest, each with a row in which :digest stands there. */
  private static final Map<String, List<String>> HELD =
      Map.of(
          "artifact.digest",
          List.of(
              "insert into artifact (id, type, digest, name, properties, created_at) values (1, 'MODEL', :digest, 'm', '{}', 1)"),
          "dataset_version.digest",
          List.of(
              "insert into dataset (name, created_at, changed_at) values ('d', 1, 1)",
              "insert into dataset_version (dataset, number, digest, source, row_count, byte_count, columns, created_at) values ('d', 1, :digest, 's', 1, 1, '[]', 1)"),
          "model_version.package",
          List.of(
              "insert into registered_model (name, created_at, updated_at) values ('m', 1, 1)",
              "insert into execution (id, kind, name, state, properties, started_at) values (1, 'k', 'n', 'COMPLETE', '{}', 1)",
              "insert into model_version (model, number, package, source, execution, created_at, updated_at) values ('m', 1, :digest, '{}', 1, 1, 1)"),
          "model_version.files",
          List.of(
              "insert into registered_model (name, created_at, updated_at) values ('m', 1, 1)",
              "insert into execution (id, kind, name, state, properties, started_at) values (1, 'k', 'n', 'COMPLETE', '{}', 1)",
              "insert into model_version (model, number, files, source, execution, created_at, updated_at, deleted_at) values ('m', 1, :digest, '{}', 1, 1, 1, 1)"),
          "endpoint_deployment.package",
          List.of(
              "insert into endpoint (name, changed_at) values ('e', 1)",
              "insert into endpoint_deployment (endpoint, model, version, package, execution, deployed_at) values ('e', 'm', 1, :digest, 1, 1)"),
          "file.digest",
          List.of("insert into file (path, digest, size, stored_at) values ('p', :digest, 1, 1)"),
          "upload_part.digest",
          List.of(
              "insert into upload (id, path, parts, created_at, touched_at) values ('u', 'p', 1, 1, 1)",
              "insert into upload_part (upload, number, digest, size) values ('u', 1, :digest, 1)"));

  /** Columns whose names sound like it, and why no blob is lost for them. */
  private static final Map<String, String> NOT_HELD =
      Map.ofEntries(
          Map.entry("cache_entry.result", "its artifacts are in the graph since the step ended"),
          Map.entry("cache_entry.step_key", "of what went into a step"),
          Map.entry("converted_file.digest", "found out to be gone, and converted again"),
          Map.entry("converted_file.source", "of a source's description"),
          Map.entry("dataset.definition", "a path"),
          Map.entry("dataset_input.digest", "what a run's program computed"),
          Map.entry("dataset_input.source", "what a run's program said"),
          Map.entry("dataset_input.source_type", "what a run's program said"),
          Map.entry("dataset_version.source", "of a source's description"),
          Map.entry("experiment.artifacts", "a root of files, which are in table file"),
          Map.entry("logged_model.artifacts", "a root of files, which are in table file"),
          Map.entry("logged_model_metric.dataset_digest", "what a run's program computed"),
          Map.entry("model_version.source", "what was said of where it is from"),
          Map.entry("pipeline.digest", "of the text beside it"),
          Map.entry("pipeline_run.definition", "of a pipeline's text"),
          Map.entry("pipeline_step.key_parts", "of what went into a step"),
          Map.entry("pipeline_trigger.definition", "a trigger's text"),
          Map.entry("pipeline_run.files", "of a list of texts that stands in the database"),
          Map.entry("run_files.files", "texts that stand in the database"),
          Map.entry("run_files.digest", "of texts that stand in the database"),
          Map.entry("run_text.digest", "of the text beside it"),
          Map.entry("pipeline_step.outputs", "its artifacts are in the graph since the step ended"),
          Map.entry("pipeline_step.step_key", "of what went into a step"),
          Map.entry("project.definition", "a text"),
          Map.entry("project_file.digest", "of the text beside it"),
          Map.entry("run.artifacts", "a root of files, which are in table file"),
          Map.entry("statistics.digest", "of data that a version or the graph holds"));

  private static final String SOUNDS_LIKE_IT =
      ".*(digest|hash|sha\\d|blob|package|files|source|artifacts|definition|result|outputs|step_key|key_parts).*";

  @TempDir Path folder;
  private Platform platform;

  @BeforeEach
  void open() {
    platform = new Platform(new Configuration(folder, Configuration.HOST, 0), Clock.systemUTC());
  }

  @AfterEach
  void close() {
    platform.close();
  }

  @Test
  void everyoneWhoKeepsDigestsIsAsked() {
    var keepers =
        new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.millrace")
                .stream()
                .filter(c -> c.isAssignableTo(References.class) && !c.isInterface())
                .map(JavaClass::getName)
                .toList();
    assertThat(platform.garbage.references())
        .extracting(one -> one.getClass().getName())
        .containsExactlyInAnyOrderElementsOf(keepers);
  }

  @Test
  void everyColumnThatSoundsLikeADigestIsHeldOrNeedNotBe() {
    var columns =
        platform.database.read(s ->
            s.query(
                    """
                    select t.name || '.' || c.name from sqlite_master t, pragma_table_info(t.name) c
                     where t.type = 'table' and t.name not like 'flyway%'
                    """)
                .mapTo(String.class)
                .list());
    var known = new ArrayList<>(HELD.keySet());
    known.addAll(NOT_HELD.keySet());
    assertThat(columns.stream().filter(c -> c.split("\\.")[1].matches(SOUNDS_LIKE_IT)))
        .as("a new one is held by a room that is one of the References, or is said here why not")
        .containsExactlyInAnyOrderElementsOf(known);
  }

  @Test
  void whatStandsInSuchAColumnIsHeld() {
    new TreeMap<>(HELD)
        .forEach((column, rows) -> {
          var digest = Digest.of(column);
          platform.database.writing(tx -> {
            for (var row : rows) {
              var statement = tx.update(row.replace("insert into", "insert or replace into"));
              if (row.contains(":digest")) statement.bind("digest", digest.hex());
              statement.execute();
            }
          });
          assertThat(References.held(platform.database, platform.garbage.references()))
              .as(column)
              .contains(digest);
        });
  }
}
