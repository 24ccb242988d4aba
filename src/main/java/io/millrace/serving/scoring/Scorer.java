package io.millrace.serving.scoring;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Entry;
import io.millrace.artifacts.Manifest;
import io.millrace.base.Digest;
import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import io.millrace.base.Unavailable;
import io.millrace.data.Engine;
import io.millrace.data.Frame;
import io.millrace.data.Slices;
import io.millrace.data.TableFiles;
import io.millrace.models.Predictor;
import io.millrace.models.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Answers the rows of a dataset, slice by slice, and stores them with the answers beside them, in
 * their order. What is held in memory does not grow with the dataset: {@value #BATCH} rows of the
 * columns that the model takes, and in the engine, which goes to disk beyond its limit, the rows of
 * one file. Equal rows and packages give equal bytes.
 */
final class Scorer {
  /** Rows that are read into memory at once. */
  static final int BATCH = 8_192;

  /** Rows that the engine holds at once, and rows of a file that is written. */
  record Sizes(int slice, int file) {}

  static final Sizes SIZES = new Sizes(122_880, 983_040);

  /** How often is told how far a slice is, which takes long where a model does. */
  private static final long TOLD_NANOS = Duration.ofSeconds(2).toNanos();

  private static final String ANSWERS = "answers";
  private static final String SCORED = "scored";

  private final Engine engine;
  private final Artifacts artifacts;
  private final Predictor model;
  private final Sizes sizes;
  private final Map<String, Entry> files = new TreeMap<>();

  /** Known with the first answers, since signatures leave open how wide an output is. */
  private @Nullable AnswerColumns columns;

  private int waiting;
  private long done;
  private long told = System.nanoTime();

  Scorer(Engine engine, Artifacts artifacts, Predictor model) {
    this(engine, artifacts, model, SIZES);
  }

  Scorer(Engine engine, Artifacts artifacts, Predictor model, Sizes sizes) {
    this.engine = engine;
    this.artifacts = artifacts;
    this.model = model;
    this.sizes = sizes;
  }

  /** Is told how many rows are done, of how many. */
  @FunctionalInterface
  interface Progress {
    void done(long rows, long all);
  }

  /**
   * What was stored.
   *
   * @param outputs the names of the columns that hold the answers
   */
  record Scored(Digest data, long rows, List<String> outputs) {}

  Scored score(Slices slices, Progress progress) {
    var given = slices.columns().stream().map(Engine.ColumnType::name).toList();
    slices.read(
        sizes.slice(),
        rows -> {
          add(answer(given, rows, slices.rows(), progress));
          waiting += rows;
          if (waiting >= sizes.file()) write();
        });
    if (waiting > 0 || files.isEmpty()) write();
    return new Scored(artifacts.put(new Manifest(new TreeMap<>(files))), done, known().names());
  }

  /** Puts the answers to the slice into a table of their own, in its order. */
  private AnswerColumns answer(List<String> given, int rows, long all, Progress progress) {
    for (int from = 0; from == 0 || from < rows; from += BATCH) {
      var frame =
          Frame.read(
              engine,
              "(select * from %s where rowid >= %d and rowid < %d)"
                  .formatted(Slices.TABLE, from, from + BATCH),
              inputs(given));
      var answers = answers(frame);
      if (columns == null) columns = AnswerColumns.of(given, answers, frame.rows());
      if (from == 0)
        engine.execute("create or replace table %s (%s)".formatted(ANSWERS, columns.stored()));
      var answered = columns;
      TableFiles.append(
          engine, ANSWERS, into -> answered.rows(answers, frame.rows()).forEach(into::add));
      done += frame.rows();
      boolean last = from + BATCH >= rows;
      if (last || System.nanoTime() - told >= TOLD_NANOS) {
        told = System.nanoTime();
        progress.done(done, all);
      }
    }
    return known();
  }

  private Map<String, Tensor> answers(Frame frame) {
    try {
      return model.answer(columns(frame));
    } catch (InvalidInput e) {
      throw new InvalidInput(afterRow(e));
    } catch (Unavailable e) {
      throw new Unavailable(afterRow(e));
    }
  }

  private String afterRow(Failure failure) {
    var message = String.valueOf(failure.getMessage());
    return done == 0 ? message : "after row %,d: %s".formatted(done, message);
  }

  /** The model's inputs among the columns; one that is not there is told of where it is read. */
  private List<String> inputs(List<String> given) {
    return model.signature().columns().stream().filter(given::contains).toList();
  }

  private Map<String, Object> columns(Frame frame) {
    var columns = new HashMap<String, Object>();
    for (var column : frame.columns())
      columns.put(column.name(), column.values(model.dated(column.name())));
    return columns;
  }

  private void add(AnswerColumns answered) {
    engine.execute(
        "%s select s.*, %s from %s s positional join %s a"
            .formatted(
                waiting == 0
                    ? "create or replace table %s as".formatted(SCORED)
                    : "insert into " + SCORED,
                answered.selected(),
                Slices.TABLE,
                ANSWERS));
  }

  private void write() {
    var path = "part-%05d.parquet".formatted(files.size());
    var file = engine.writeParquet("select * from " + SCORED, engine.folder().resolve(path));
    var digest = artifacts.putFile(file);
    files.put(path, new Entry(digest, artifacts.size(digest)));
    engine.execute("drop table " + SCORED);
    waiting = 0;
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private AnswerColumns known() {
    if (columns == null) throw new IllegalStateException("nothing was answered");
    return columns;
  }
}
