package io.millrace.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.pipelines.ArtifactRef;
import io.millrace.pipelines.Result;
import io.millrace.pipelines.RunLog;
import io.millrace.pipelines.Task;
import io.millrace.pipelines.ValueType;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GateComponentTest {
  private static final ModelName DELAY = new ModelName("flight-delay");
  private static final String RULE = "candidate.auc >= champion.auc - 0.002";

  @TempDir Path folder;
  private Fixture fixture;
  private GateComponent gate;
  private Digest data;

  @BeforeEach
  void open() {
    fixture = new Fixture(folder);
    gate = new GateComponent(fixture.registry, fixture.evaluations);
    data = fixture.data();
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  private void champion(Digest model) {
    var version = fixture.registry.register(DELAY, model);
    fixture.database.writing(tx -> fixture.registry.setAlias(tx, version.id(), Alias.CHAMPION));
  }

  private Map<String, ArtifactRef> pins(Digest candidate) {
    return fixture.database.read(s -> gate.pins(s, with(RULE), inputs(candidate), Map.of()));
  }

  private Result decide(Digest candidate, String rule) {
    return gate.run(new Given(with(rule), inputs(candidate), pins(candidate), folder));
  }

  private static Map<String, JsonNode> with(String rule) {
    return Map.of("model", TextNode.valueOf(DELAY.value()), "rule", TextNode.valueOf(rule));
  }

  private Map<String, ArtifactRef> inputs(Digest candidate) {
    return Map.of("report", new ArtifactRef(ValueType.REPORT, fixture.report(candidate, data)));
  }

  private static boolean pass(Result result) {
    return result.values().get("pass").asBoolean();
  }

  private static String reason(Result result) {
    return result.values().get("reason").asText();
  }

  @Test
  void theFirstModelHasNothingToBeat() {
    assertThat(pins(fixture.model(1))).isEmpty();
    var result = decide(fixture.model(1), RULE);
    assertThat(pass(result)).isTrue();
    assertThat(reason(result)).isEqualTo("nothing to beat");
  }

  @Test
  void theCandidateAsItsOwnChampionIsAsNoChampionAtAll() {
    champion(fixture.model(1));
    assertThat(pins(fixture.model(1))).isEmpty();
    assertThat(reason(decide(fixture.model(1), "candidate.auc > champion.auc")))
        .isEqualTo("nothing to beat");
  }

  @Test
  void aNewChampionIsAnotherPin() {
    champion(fixture.model(1));
    assertThat(pins(fixture.model(2)))
        .isEqualTo(Map.of("champion", new ArtifactRef(ValueType.MODEL, fixture.model(1))));
    champion(fixture.model(3));
    assertThat(pins(fixture.model(2)))
        .isEqualTo(Map.of("champion", new ArtifactRef(ValueType.MODEL, fixture.model(3))));
  }

  @Test
  void aCandidateThatIsAsGoodPasses() {
    champion(fixture.model(1));
    var result = decide(fixture.model(2), RULE);
    assertThat(pass(result)).isTrue();
    assertThat(reason(result))
        .startsWith("the rule holds: candidate.auc >= champion.auc - 0.002 (candidate.auc = 0.")
        .contains("champion.auc = 0.");
    assertThat(result.summary()).doesNotContainKey("outcome");
  }

  @Test
  void aWorseCandidateIsTurnedDownAndTheChampionKept() {
    champion(fixture.model(1));
    var result = decide(fixture.model(-1), RULE);
    assertThat(pass(result)).isFalse();
    assertThat(reason(result)).startsWith("the rule does not hold");
    assertThat(result.summary().get("outcome").asText()).isEqualTo("kept champion");
  }

  @Test
  void rulesSpeakOfComparisonsSlicesIntervalsAndRows() {
    champion(fixture.model(-1));
    assertThat(
            pass(
                decide(
                    fixture.model(1),
                    """
                    comparison.auc.p_value < 0.05 && comparison.auc.low > 0.0 && candidate.slices.min_auc > champion.slices.max_auc
                      && candidate.intervals.auc.low > champion.intervals.auc.high && candidate.rows >= 1000\
                    """)))
        .isTrue();
  }

  @Test
  void aRuleThatIsNoneIsRefusedBeforeAnythingRunsWithItsPlace() {
    assertThatThrownBy(() -> gate.check(with("candidate.auc >= champion.auc -")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("1:32");
    assertThatThrownBy(() -> gate.check(with("candidat.auc > 0.7")))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("candidat")
        .hasMessageContaining("candidate, champion");
    gate.check(with(RULE));
    gate.check(Map.of());
  }

  @Test
  void aRuleOverAnUnknownMetricIsToldWhichThereAre() {
    champion(fixture.model(1));
    assertThatThrownBy(() -> decide(fixture.model(2), "candidate.aucc > champion.auc"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("aucc")
        .hasMessageContaining("candidate.auc")
        .hasMessageContaining("comparison.auc.p_value");
    assertThatThrownBy(() -> decide(fixture.model(2), "candidate.auc - champion.auc"))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("expected true or false");
  }

  /** A task by hand. */
  private record Given(
      Map<String, JsonNode> values,
      Map<String, ArtifactRef> artifacts,
      Map<String, ArtifactRef> pins,
      Path folder)
      implements Task {
    @Override
    public String runId() {
      return "run";
    }

    @Override
    public String stepId() {
      return "gate";
    }

    @Override
    public String file(String input) {
      throw new IllegalStateException("no file " + input);
    }

    @Override
    public void log(String line) {}

    @Override
    public void progress(String doing, double share) {}

    @Override
    public RunLog run() {
      throw new IllegalStateException("no run");
    }

    @Override
    public void onCancel(Runnable action) {}

    @Override
    public boolean cancelled() {
      return false;
    }
  }
}
