package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Program;
import io.millrace.base.Snapshot;
import io.millrace.definitions.YamlNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A kind of step, such as {@code data/query}: declared inputs and outputs, and the work.
 * Implementations hold no state of a run and may be called by several threads.
 */
public interface Component {
  /** An input: an artifact of another step, or a value given under {@code with}. */
  record Input(
      String name, ValueType type, boolean required, @Nullable JsonNode otherwise, String meaning) {
    public static Input required(String name, ValueType type, String meaning) {
      return new Input(name, type, true, null, meaning);
    }

    public static Input optional(String name, ValueType type, String meaning) {
      return new Input(name, type, false, null, meaning);
    }
  }

  record Output(String name, ValueType type, String meaning) {}

  /** Whether what a step gives can depend on a column. */
  enum Reads {
    YES,
    NO,
    UNKNOWN
  }

  /** ROOM/NOUN, as written after {@code uses:}. */
  String name();

  String meaning();

  /** That of the program, for a component that comes with it. */
  default String version() {
    return Program.version();
  }

  List<Input> inputs();

  List<Output> outputs();

  /**
   * Refuses values that can be seen wrong before anything runs; called at apply with what is
   * literal.
   */
  default void check(Map<String, JsonNode> with) {}

  /**
   * What it does, where that is not the program's code: its step's key holds this in place of the
   * program's digest and of its name, so that a new build does not run it again.
   */
  default Optional<JsonNode> identity() {
    return Optional.empty();
  }

  /**
   * The texts of the project's files that it works with, by their path in the project: part of its
   * step's key and inputs in its lineage.
   */
  default Map<String, String> files() {
    return Map.of();
  }

  /**
   * Whether its work goes on by itself when the server stops: {@link #run} for the same attempt, in
   * the same folder, then takes it up instead of starting it again.
   */
  default boolean outlives() {
    return false;
  }

  /**
   * Refuses what the project's files that it names say wrong; called at apply, with the texts of
   * all of them by path, where {@link #check} found nothing.
   */
  default void checkFiles(Map<String, JsonNode> with, Map<String, String> texts) {}

  /**
   * What the step reads beside its inputs, resolved when it becomes ready: dataset versions by
   * name, the champion. Their digests are part of the step's key and inputs in its lineage. Keys
   * name the roles.
   *
   * @param instead what is to be read in place of datasets, by their names
   */
  default Map<String, ArtifactRef> pins(
      Snapshot snapshot,
      Map<String, JsonNode> with,
      Map<String, ArtifactRef> inputs,
      Map<String, ArtifactRef> instead) {
    return Map.of();
  }

  /**
   * A value as it is meant now, where it names what moves, such as the latest version of a secret;
   * called when the step becomes ready. InvalidInput where what it names is not there.
   *
   * @param place where the value stands
   */
  default JsonNode settle(Snapshot snapshot, String name, JsonNode value, YamlNode place) {
    return value;
  }

  /** Whether it asks for effects; then tests of pipelines leave it out. */
  default boolean hasEffects() {
    return false;
  }

  /**
   * Whether what the step gives can become another when a column of a dataset that it pins does.
   *
   * @param pin the dataset's role
   * @param with the values that are known
   * @param texts the project's files by path
   */
  default Reads reads(
      String pin, String column, Map<String, JsonNode> with, Map<String, String> texts) {
    return Reads.UNKNOWN;
  }

  /**
   * Does the work. Throws a Failure to tell the user what is wrong; InterruptedException when
   * cancelled.
   */
  Result run(Task task) throws Exception;
}
