package io.millrace.definitions;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.base.Database;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.metadata.Metadata;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DefinitionsTest {
  @TempDir Path folder;

  /** Checks its files slowly: others write meanwhile, which the writer's own thread cannot. */
  private record Slow(Database database) implements Kind {
    @Override
    public String folder() {
      return "slow";
    }

    @Override
    public Function<Snapshot, List<Change>> plan(ProjectFiles files) {
      database.writing(_ -> {});
      return _ -> List.of(new Change("slow", "x", Change.Action.CREATE, ""));
    }

    @Override
    public Consumer<Transaction> prepare(ProjectFiles files) {
      database.writing(_ -> {});
      return _ -> {};
    }
  }

  @Test
  void filesAreCheckedWhileOthersWrite() {
    try (var database = Database.open(folder.resolve("millrace.db"))) {
      var definitions =
          new Definitions(
              database,
              new Metadata(database, Clock.systemUTC()),
              List.of(new Slow(database)),
              Clock.systemUTC());
      var files =
          new ProjectFiles(
              "demo", new TreeMap<>(Map.of("millrace.yaml", "name: demo")), new TreeMap<>());
      var planned = definitions.plan(files);
      assertThat(planned).extracting(Change::name).containsExactly("demo", "x");
      assertThat(definitions.apply(files)).isEqualTo(planned);
    }
  }
}
