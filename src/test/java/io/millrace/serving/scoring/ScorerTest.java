package io.millrace.serving.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.data.Datasets;
import io.millrace.data.Engine;
import io.millrace.data.SourceOptions;
import io.millrace.metadata.Metadata;
import io.millrace.models.DataType;
import io.millrace.models.LoadedModel;
import io.millrace.models.Models;
import io.millrace.models.onnx.OnnxGraph;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows and their answers side by side, whatever the slices and files are. */
class ScorerTest {
  @TempDir Path folder;
  private Database database;
  private Artifacts artifacts;
  private Datasets datasets;
  private Models models;

  @BeforeEach
  void open() {
    var clock = Clock.systemUTC();
    database = Database.open(folder.resolve("millrace.db"));
    artifacts = new Artifacts(folder.resolve("artifacts"));
    datasets =
        new Datasets(
            database, artifacts, new Metadata(database, clock), folder.resolve("work"), clock);
    models = new Models(artifacts);
  }

  @AfterEach
  void close() {
    database.close();
  }

  /** score = 2x, NaN where x is missing; both = [x, 2x]; code = 7 for "a"; truth = x < 2x. */
  private LoadedModel model() {
    var graph = new OnnxGraph("small");
    graph.input("x", DataType.FP32, -1);
    graph.input("s", DataType.BYTES, -1);
    graph.node("Add", "x", "x").out("score");
    var axis = graph.longs("axis", 1);
    graph
        .node("Concat", graph.add("Unsqueeze", "x", axis), graph.add("Unsqueeze", "score", axis))
        .with("axis", 1)
        .out("both");
    graph
        .node("LabelEncoder", "s")
        .ml()
        .with("keys_strings", List.of("a"))
        .with("values_int64s", new long[] {7})
        .with("default_int64", -1)
        .out("code");
    graph.node("Less", "x", "score").out("truth");
    graph.output("score", DataType.FP32, -1);
    graph.output("both", DataType.FP32, -1, -1);
    graph.output("code", DataType.INT64, -1);
    graph.output("truth", DataType.BOOL, -1);
    return models.load(models.importOnnx("small", artifacts.put(graph.bytes())));
  }

  private Digest data(String... pathsAndTexts) {
    var files = new TreeMap<String, Digest>();
    for (int i = 0; i < pathsAndTexts.length; i += 2)
      files.put(
          pathsAndTexts[i], artifacts.put(pathsAndTexts[i + 1].getBytes(StandardCharsets.UTF_8)));
    return datasets.register("rows", files, SourceOptions.DEFAULT).version().digest();
  }

  private record Told(Scorer.Scored scored, List<Long> done) {}

  private Told score(Digest data, Scorer.Sizes sizes) {
    var done = new ArrayList<Long>();
    try (var model = model();
        var engine = datasets.engine(1)) {
      var scorer = new Scorer(engine, artifacts, model, sizes);
      var scored =
          scorer.score(datasets.slices(engine, data), (rows, all) -> done.add(100 * rows + all));
      return new Told(scored, done);
    }
  }

  private List<String> rows(Digest data) {
    try (var engine = datasets.engine(1)) {
      var relation = datasets.relation(data);
      var columns = engine.columns(relation).stream().map(Engine.ColumnType::name).toList();
      return engine.query(
          "select * from " + relation,
          row -> {
            var text = new StringBuilder();
            for (int i = 0; i < columns.size(); i++)
              text.append(columns.get(i)).append('=').append(row.getObject(i + 1)).append(' ');
            return text.toString().strip();
          });
    }
  }

  @Test
  void numbersOfEveryTypeAreWrittenAsTheyAre() {
    var graph = new OnnxGraph("types");
    graph.input("x", DataType.FP64, -1);
    for (var type : List.of(DataType.UINT16, DataType.UINT32, DataType.FP16, DataType.BF16)) {
      var name = graph.node("Cast", "x").with("to", type.onnxNumber()).out(type.name());
      graph.output(name, type, -1);
    }
    var whole = graph.node("Cast", "x").with("to", DataType.INT64.onnxNumber()).out();
    graph.node("Cast", whole).with("to", DataType.UINT64.onnxNumber()).out("UINT64");
    graph.output("UINT64", DataType.UINT64, -1);
    try (var model = models.load(models.importOnnx("types", artifacts.put(graph.bytes())));
        var engine = datasets.engine(1)) {
      var slices = datasets.slices(engine, data("a.csv", "x\n65535\n-1\n"));
      var scored = new Scorer(engine, artifacts, model).score(slices, (rows, all) -> {});
      assertThat(rows(scored.data()))
          .containsExactly(
              "x=65535 UINT16=65535 UINT32=65535 FP16=Infinity BF16=65536.0 UINT64=65535",
              "x=-1 UINT16=65535 UINT32=4294967295 FP16=-1.0 BF16=-1.0 UINT64=18446744073709551615");
    }
  }

  @Test
  void answersStandBesideTheirRowsInTheRowsOrder() {
    var data =
        data(
            "day=2/b.csv", "x,s,score\n1,a,old\n,b,old\n3,a,old\n",
            "day=10/a.csv", "x,s,score\n4,b,old\n5,c,old\n");
    var told = score(data, new Scorer.Sizes(2, 4));
    assertThat(rows(told.scored().data()))
        .containsExactly(
            "x=4 s=b score=old day=10 predicted_score=8.0 both_0=4.0 both_1=8.0 code=-1 truth=true",
            "x=5 s=c score=old day=10 predicted_score=10.0 both_0=5.0 both_1=10.0 code=-1 truth=true",
            "x=1 s=a score=old day=2 predicted_score=2.0 both_0=1.0 both_1=2.0 code=7 truth=true",
            "x=null s=b score=old day=2 predicted_score=null both_0=null both_1=null code=-1 truth=false",
            "x=3 s=a score=old day=2 predicted_score=6.0 both_0=3.0 both_1=6.0 code=7 truth=true");
    assertThat(told.scored().outputs())
        .containsExactly("predicted_score", "both_0", "both_1", "code", "truth");
    assertThat(artifacts.manifest(told.scored().data()).entries().keySet())
        .containsExactly("part-00000.parquet", "part-00001.parquet");
    assertThat(told.done()).containsExactly(205L, 405L, 505L);
  }

  @Test
  void ofOneFileThatHoldsThemAllEveryCutGivesTheSameRows() {
    var text = new StringBuilder("x,s\n");
    for (int i = 0; i < 20_000; i++)
      text.append(i).append(',').append(i % 3 == 0 ? 'a' : 'b').append('\n');
    var data = data("rows.csv", text.toString());
    var whole = score(data, Scorer.SIZES).scored();
    var cut = score(data, new Scorer.Sizes(9_000, 9_000)).scored();
    assertThat(whole.rows()).isEqualTo(20_000);
    assertThat(rows(cut.data())).isEqualTo(rows(whole.data()));
    assertThat(artifacts.manifest(cut.data()).entries()).hasSize(3);
    assertThat(score(data, Scorer.SIZES).scored().data()).isEqualTo(whole.data());
  }

  @Test
  void aDatasetWithoutRowsHasAnswersColumnsToo() {
    var some = data("rows.csv", "x,s\n1,a\n");
    Digest none;
    try (var engine = datasets.engine(1)) {
      none =
          datasets.store(engine, "select * from %s where x > 1".formatted(datasets.relation(some)));
    }
    var told = score(none, Scorer.SIZES);
    assertThat(told.scored().rows()).isZero();
    assertThat(rows(told.scored().data())).isEmpty();
    assertThat(told.scored().outputs())
        .containsExactly("score", "both_0", "both_1", "code", "truth");
  }

  @Test
  void whatTheModelDoesNotTakeIsToldWithTheRow() {
    var data = data("rows.csv", "x,t\n1,a\n");
    assertThatThrownBy(() -> score(data, Scorer.SIZES))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("no column \"s\", which the model takes");
    var missing = data("rows.csv", "x,s\n1,a\n2,b\n3,\n");
    assertThatThrownBy(() -> score(missing, new Scorer.Sizes(2, 2)))
        .isInstanceOf(InvalidInput.class)
        .hasMessage("after row 2: column \"s\" at row 1 is missing, and the model needs it");
  }
}
