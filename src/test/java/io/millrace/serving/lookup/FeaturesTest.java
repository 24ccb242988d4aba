package io.millrace.serving.lookup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.Futures;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.TooLarge;
import io.millrace.data.Datasets;
import io.millrace.data.SourceOptions;
import io.millrace.metadata.Metadata;
import io.millrace.models.DataType;
import io.millrace.models.Field;
import io.millrace.models.Models;
import io.millrace.models.Tensor;
import io.millrace.models.onnx.OnnxGraph;
import io.millrace.registry.ModelName;
import io.millrace.registry.ModelRegistry;
import io.millrace.serving.EndpointName;
import io.millrace.serving.Endpoints;
import io.millrace.serving.Explaining;
import io.millrace.serving.FeatureSource;
import io.millrace.serving.InferAnswer;
import io.millrace.serving.InferRequest;
import io.millrace.serving.Inference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The model answers amount + income; income is looked up. */
class FeaturesTest {
  private static final EndpointName LOANS = new EndpointName("loans");
  private static final String BY_ID =
      "{\"features\": {\"dataset\": \"people\", \"keys\": [\"id\"]}}";

  @TempDir Path folder;
  private Database database;
  private Artifacts artifacts;
  private Models models;
  private Datasets datasets;
  private Endpoints endpoints;
  private Inference inference;
  private final List<InferAnswer> logged = new ArrayList<>();
  private final List<Map<String, String>> contexts = new ArrayList<>();

  @BeforeEach
  void open() {
    var clock = Clock.systemUTC();
    database = Database.open(folder.resolve("test.db"));
    artifacts = new Artifacts(folder.resolve("artifacts"));
    var metadata = new Metadata(database, clock);
    models = new Models(artifacts);
    datasets = new Datasets(database, artifacts, metadata, folder.resolve("work"), clock);
    var registry = new ModelRegistry(database, metadata, models, clock);
    var graph = new OnnxGraph("sum");
    graph.input("amount", DataType.FP32, -1);
    graph.input("income", DataType.FP32, -1);
    graph.node("Add", "amount", "income").out("sum");
    registry.importOnnx(
        new ModelName("sum"), artifacts.put(graph.output("sum", DataType.FP32, -1).bytes()));
    endpoints =
        new Endpoints(database, metadata, registry, models, new CompositeMeterRegistry(), clock);
    endpoints.lookUpIn(new DatasetFeatures(datasets));
    Explaining none =
        (answer, deployment, left) -> {
          throw new IllegalStateException();
        };
    inference =
        new Inference(
            endpoints,
            (answer, deployment, at, micros, context) -> {
              logged.add(answer);
              contexts.add(context);
            },
            none,
            clock);
    people("id,income\n1,100\n2,200\n3,\n");
    endpoints.deploy(LOANS, "sum/1");
  }

  @AfterEach
  void close() {
    endpoints.close();
    assertThat(models.sessions()).isZero();
    database.close();
  }

  private void people(String csv) {
    Digest digest = artifacts.put(csv.getBytes(StandardCharsets.UTF_8));
    datasets.register("people", new TreeMap<>(Map.of("people.csv", digest)), SourceOptions.DEFAULT);
  }

  private void configure(String change) {
    endpoints.configure(LOANS, Json.parse(change));
  }

  private float[] ask(Tensor... inputs) {
    var answer =
        Futures.join(
            inference.infer(
                LOANS,
                null,
                Map.of("traceparent", "00-1"),
                signature -> {
                  for (var tensor : inputs)
                    assertThat(signature.input(tensor.name()).datatype())
                        .isEqualTo(tensor.datatype());
                  return new InferRequest(null, Map.of(), List.of(inputs), List.of());
                }));
    return answer.outputs().getFirst().floats();
  }

  @Test
  void inputsThatARequestLeavesOutAreLookedUpRowByRow() {
    configure(BY_ID);
    assertThat(ask(Tensor.of("id", 2L, 1L, 2L), Tensor.of("amount", 1f, 2f, 3f)))
        .containsExactly(201, 102, 203);
    assertThat(logged.getFirst().request().inputs())
        .containsExactly(
            Tensor.of("id", 2L, 1L, 2L),
            Tensor.of("amount", 1f, 2f, 3f),
            Tensor.of("income", 200f, 100f, 200f));
    assertThat(contexts.getFirst())
        .isEqualTo(Map.of("features", "people/1", "traceparent", "00-1"));
  }

  @Test
  void whatARequestGivesItselfWinsAndNeedsNoKey() {
    configure(BY_ID);
    assertThat(ask(Tensor.of("amount", 1f), Tensor.of("income", 5f))).containsExactly(6);
    assertThat(ask(Tensor.of("id", 99L), Tensor.of("amount", 1f), Tensor.of("income", 5f)))
        .containsExactly(6);
  }

  @Test
  void whatAClientHasToSendIsListed() {
    try (var lease = endpoints.lease(LOANS)) {
      assertThat(lease.asked()).isEqualTo(lease.signature());
    }
    configure(BY_ID);
    try (var lease = endpoints.lease(LOANS)) {
      assertThat(lease.asked().inputs())
          .extracting(Field::name, Field::datatype)
          .containsExactly(
              org.assertj.core.groups.Tuple.tuple("id", DataType.INT64),
              org.assertj.core.groups.Tuple.tuple("amount", DataType.FP32));
      assertThat(lease.features()).isNotNull();
    }
  }

  @Test
  void aKeyThatIsNotThereIsNamedWithItsRow() {
    configure(BY_ID);
    assertThatThrownBy(() -> ask(Tensor.of("id", 1L, 7L), Tensor.of("amount", 1f, 2f)))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "row 2: people/1 has no id = 7, where the model's input \"income\" is looked up: send it with the request, or register a version of the dataset with that key and deploy again");
    assertThat(logged).isEmpty();
  }

  @Test
  void aValueThatIsMissingInTheDatasetIsMissingToTheModel() {
    configure(BY_ID);
    assertThat(ask(Tensor.of("id", 3L), Tensor.of("amount", 1f))[0]).isNaN();
  }

  @Test
  void whatIsLeftOutAndNotLookedUpIsMissing() {
    configure(BY_ID);
    assertThatThrownBy(() -> ask(Tensor.of("id", 1L)))
        .hasMessage("an input is missing: expected \"amount\" (FP32, shape [-1])");
    assertThatThrownBy(() -> ask(Tensor.of("amount", 1f)))
        .hasMessage("an input is missing: expected \"id\" (INT64, shape [-1])");
    assertThatThrownBy(() -> ask(Tensor.of("id", 1L, 2L), Tensor.of("amount", 1f)))
        .hasMessage("input \"amount\" has 1 rows, and the key \"id\" has 2: expected as many");
    configure("{\"features\": null}");
    assertThatThrownBy(() -> ask(Tensor.of("amount", 1f)))
        .hasMessage("an input is missing: expected \"income\" (FP32, shape [-1])");
  }

  @Test
  void ofAKeyWithTimesTheNewestRowCounts() {
    people("id,income,at\n1,100,2001-01-02\n1,300,2001-01-05\n1,200,2001-01-03\n");
    assertThatThrownBy(() -> configure(BY_ID))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(
            "features: people/2 has several rows of id = 1; expected one of each key, or \"time\", the column that says which is the newest");
    configure(BY_ID.replace("]", "], \"time\": \"at\""));
    assertThat(ask(Tensor.of("id", 1L), Tensor.of("amount", 1f))).containsExactly(301);
  }

  @Test
  void severalKeysNameOneRow() {
    people("id,region,income\n1,north,100\n1,south,200\n");
    configure(BY_ID.replace("\"id\"", "\"region\", \"id\""));
    assertThat(
            ask(
                Tensor.of("id", 1L, 1L),
                Tensor.of("region", "south", "north"),
                Tensor.of("amount", 1f, 2f)))
        .containsExactly(201, 102);
  }

  @Test
  void aNewVersionIsReadWhenTheEndpointIsMadeReadyAgain() {
    configure(BY_ID);
    people("id,income\n1,111\n");
    assertThat(ask(Tensor.of("id", 1L), Tensor.of("amount", 1f))).containsExactly(101);
    assertThat(newer()).contains("people/1 -> people/2");
    endpoints.deploy(LOANS, "sum/1");
    assertThat(ask(Tensor.of("id", 1L), Tensor.of("amount", 1f))).containsExactly(112);
    assertThat(newer()).isEmpty();
  }

  private Optional<String> newer() {
    return database.read(s -> endpoints.newerFeatures(s, LOANS));
  }

  private void refused(String features, String message) {
    assertThatThrownBy(() -> configure("{\"features\": %s}".formatted(features)))
        .isInstanceOf(InvalidInput.class)
        .hasMessage(message);
  }

  @Test
  void featuresThatDoNotFitTheModelAreRefusedAndTheOldOnesStay() {
    people("id,income,age,weight\n1,much,31,1.5\n2,little,32,2.5\n");
    refused(
        "{\"dataset\": \"people\", \"keys\": [\"id\"]}",
        "features: column \"income\" of people/2 holds texts, and the model takes FP32");
    refused(
        "{\"dataset\": \"people/1\", \"keys\": [\"ids\"]}",
        "features: people/1 has no column \"ids\"; did you mean \"id\"?");
    refused(
        "{\"dataset\": \"people\", \"keys\": [\"weight\"]}",
        "features: the key \"weight\" of people/2 is a DOUBLE, expected whole numbers or texts");
    refused(
        "{\"dataset\": \"people/1\", \"keys\": [\"income\"]}",
        "features: people/1 has no column that is an input of the model, which takes amount, income");
    refused(
        "{\"dataset\": \"people\", \"keys\": []}",
        "features.keys: got \"0 columns\", expected 1 to 10 columns");
    assertThat(ask(Tensor.of("amount", 1f), Tensor.of("income", 5f))).containsExactly(6);
  }

  @Test
  void whatDoesNotFitIntoMemoryIsRefusedWithTheNumber() {
    var source = new FeatureSource("people", List.of("id"), null);
    assertThatThrownBy(() ->
            new DatasetFeatures(datasets, new DatasetFeatures.Limits(2, 1 << 20))
                .open(source, List.of("income")))
        .isInstanceOf(TooLarge.class)
        .hasMessage(
            "features: people/1 has 3 keys, and an endpoint may look up among 2: give it a smaller dataset");
    assertThatThrownBy(() ->
            new DatasetFeatures(datasets, new DatasetFeatures.Limits(10, 100))
                .open(source, List.of("income")))
        .isInstanceOf(TooLarge.class)
        .hasMessageContaining("of memory");
  }
}
