package io.millrace.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Conflict;
import io.millrace.base.Digest;
import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.metadata.Artifact;
import io.millrace.metadata.ArtifactType;
import io.millrace.metadata.Direction;
import io.millrace.metadata.ExecutionId;
import io.millrace.metadata.Lineage;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ModelRegistryTest {
  private static final ModelName DELAY = new ModelName("flight-delay");

  @TempDir Path folder;
  private Fixture fixture;
  private ModelRegistry registry;

  @BeforeEach
  void open() {
    fixture = new Fixture(folder);
    registry = fixture.registry;
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void versionsCountFromOneAndOnePackageIsOneVersion() {
    assertThat(registry.register(DELAY, fixture.model(1)).id()).hasToString("flight-delay/1");
    assertThat(registry.register(DELAY, fixture.model(2)).id()).hasToString("flight-delay/2");
    assertThat(registry.register(DELAY, fixture.model(1)).id()).hasToString("flight-delay/1");
    assertThat(registry.register(new ModelName("other"), fixture.model(1)).id())
        .hasToString("other/1");
    assertThat(fixture.database.<List<ModelVersion>>read(s -> registry.versions(s, DELAY)))
        .extracting(ModelVersion::number)
        .containsExactly(2L, 1L);
    assertThat(fixture.database.<Collection<Digest>>read(registry::held))
        .containsExactlyInAnyOrder(fixture.model(1), fixture.model(2));
  }

  @Test
  void aVersionIsANodeOfTheGraphMadeFromItsPackage() {
    var version = registry.register(DELAY, fixture.model(1));
    Artifact artifact =
        fixture
            .database
            .read(s -> fixture.metadata.named(s, ArtifactType.MODEL_VERSION, "flight-delay/1"))
            .orElseThrow();
    assertThat(artifact.digest()).isEqualTo(version.sealed());
    Lineage lineage = fixture.metadata.lineage("flight-delay/1", Direction.UP, 5);
    assertThat(lineage.artifacts())
        .extracting(Artifact::type)
        .contains(ArtifactType.MODEL, ArtifactType.MODEL_VERSION);
  }

  @Test
  void namesMeanTheNewestVersionOrTheOneThatTheySay() {
    registry.register(DELAY, fixture.model(1));
    registry.register(DELAY, fixture.model(2));
    fixture.database.writing(tx -> registry.setAlias(tx, new VersionId(DELAY, 1), Alias.CHAMPION));
    assertThat(resolve("flight-delay").number()).isEqualTo(2);
    assertThat(resolve("flight-delay/1").number()).isEqualTo(1);
    assertThat(resolve("flight-delay@champion").number()).isEqualTo(1);
    registry.register(new ModelName("a@b"), fixture.model(3));
    assertThat(resolve("a@b").id()).hasToString("a@b/1");
  }

  @Test
  void whatIsNotThereIsAnsweredWithWhatIs() {
    registry.register(DELAY, fixture.model(1));
    fixture.database.writing(tx -> registry.setAlias(tx, new VersionId(DELAY, 1), Alias.CHAMPION));
    assertThatThrownBy(() -> resolve("flight-dely"))
        .isInstanceOf(NotFound.class)
        .hasMessage("no registered model \"flight-dely\"; did you mean \"flight-delay\"?");
    assertThatThrownBy(() -> resolve("flight-delay/3"))
        .isInstanceOf(NotFound.class)
        .hasMessage("no model version \"flight-delay/3\"; the newest is flight-delay/1");
    assertThatThrownBy(() -> resolve("flight-delay@champ"))
        .isInstanceOf(NotFound.class)
        .hasMessageContaining("\"champ\"")
        .hasMessageContaining("champion");
    assertThatThrownBy(() -> resolve("flight-delay/one")).isInstanceOf(InvalidInput.class);
  }

  private ModelVersion resolve(String text) {
    return fixture.database.read(s -> registry.resolve(s, text));
  }

  @Test
  void aliasesMoveAndEveryMoveIsKept() {
    registry.register(DELAY, fixture.model(1));
    registry.register(DELAY, fixture.model(2));
    move(1);
    move(2);
    move(2);
    fixture.database.writing(tx -> registry.deleteAlias(tx, DELAY, Alias.CHAMPION));
    move(1);
    assertThat(fixture.database.<List<AliasChange>>read(s -> registry.history(s, DELAY)))
        .extracting(AliasChange::number)
        .containsExactly(1L, 2L, null, 1L);
    assertThat(fixture.database.<RegisteredModel>read(s -> registry.model(s, DELAY)).aliases())
        .containsExactly(Map.entry(Alias.CHAMPION, 1L));
    assertThatThrownBy(() -> move(7)).isInstanceOf(NotFound.class);
  }

  private void move(long number) {
    fixture.database.writing(
        tx -> registry.setAlias(tx, new VersionId(DELAY, number), Alias.CHAMPION));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  ", "a/b", "a:b", "tab\there", "..", "null\0"})
  void namesThatMlflowRefusesAreRefused(String name) {
    assertThatThrownBy(() -> new ModelName(name))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("1-256 characters");
  }

  @Test
  void namesAreAnythingElseUpTo256Characters() {
    assertThat(new ModelName("Modèle 1 (été) @home").value()).contains("été");
    assertThat(new ModelName("x".repeat(256)).value()).hasSize(256);
    assertThatThrownBy(() -> new ModelName("x".repeat(257))).isInstanceOf(InvalidInput.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "latest", "Latest", "v1", "7", "a b", "a/b", "a@b"})
  void aliasesThatCouldMeanSomethingElseAreRefused(String alias) {
    assertThatThrownBy(() -> new Alias(alias)).isInstanceOf(InvalidInput.class);
  }

  @Test
  void anOnnxFileBecomesAVersionAndSaysWhatItLacks() {
    var version = registry.importOnnx(DELAY, fixture.artifacts.put(Fixture.graph(2).bytes()));
    assertThat(version.source()).isEqualTo("onnx");
    assertThat(registry.missing(version))
        .hasSize(3)
        .anyMatch(text -> text.startsWith("golden rows"));
  }

  @Test
  void whatIsNoPackageIsNotRegistered() {
    var blob = fixture.artifacts.put(new byte[] {1, 2, 3});
    assertThatThrownBy(() -> registry.register(DELAY, blob)).isInstanceOf(Failure.class);
    assertThatThrownBy(() -> registry.register(DELAY, Digest.of("nothing")))
        .isInstanceOf(NotFound.class);
    assertThat(fixture.database.<List<RegisteredModel>>read(registry::models)).isEmpty();
  }

  @Test
  void aSecondRowForAVersionOrAPackageIsImpossible() {
    registry.register(DELAY, fixture.model(1));
    assertThatThrownBy(() ->
            fixture.database.writing(tx ->
                tx.update(
                        """
                        insert into model_version (model, number, package, source, execution, created_at) select model, 2, package, source, execution, 0 from model_version
                        """)
                    .execute()))
        .isInstanceOf(UnableToExecuteStatementException.class);
  }

  @Test
  void theEffectStandsOnceItIsAppliedAndIsAppliedInTheStepsTransaction() throws Exception {
    var owner = new RegisterEffect(registry, fixture.models);
    var effect = RegisterEffect.of(DELAY, fixture.model(1));
    assertThat(fixture.database.<Optional<?>>read(s -> owner.stands(s, effect))).isEmpty();
    var prepared = owner.prepare(effect);
    assertThatThrownBy(() ->
            fixture.database.writing(tx -> {
              owner.apply(
                  tx,
                  effect,
                  prepared,
                  fixture.metadata.begin(tx, "step", "register", Json.object()));
              throw new Conflict("the step failed after all");
            }))
        .isInstanceOf(Conflict.class);
    assertThat(fixture.database.<Optional<?>>read(s -> owner.stands(s, effect))).isEmpty();
    fixture.database.writing(tx -> {
      ExecutionId execution = fixture.metadata.begin(tx, "step", "register", Json.object());
      assertThat(owner.apply(tx, effect, prepared, execution).get("version").asText())
          .isEqualTo("flight-delay/1");
    });
    assertThat(
            fixture
                .database
                .<Optional<Map<String, JsonNode>>>read(s -> owner.stands(s, effect))
                .orElseThrow()
                .get("version")
                .asText())
        .isEqualTo("flight-delay/1");
  }
}
