package io.millrace.data;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Entry;
import io.millrace.artifacts.Manifest;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Names;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Makes a directory of Parquet files from source files. Parquet stays as it is; each text file
 * becomes one Parquet file, the same bytes for the same text, options and types, so that versions
 * share what did not change.
 */
final class Ingest {
  /** Rises when the same text would come to other bytes. */
  private static final int FORM = 2;

  /** What conversions came to before. */
  interface Memory {
    Optional<Digest> find(Digest source);

    void keep(Digest source, Digest parquet);
  }

  record Ingested(Digest manifest, long rows, long bytes, List<Engine.ColumnType> columns) {}

  private final Artifacts artifacts;
  private final Engines engines;
  private final Memory memory;

  Ingest(Artifacts artifacts, Engines engines, Memory memory) {
    this.artifacts = artifacts;
    this.engines = engines;
    this.memory = memory;
  }

  /** Files that hold data: not those whose name begins with "." or "_". */
  static SortedMap<String, Digest> data(SortedMap<String, Digest> files) {
    var result = new TreeMap<String, Digest>();
    files.forEach((path, digest) -> {
      Manifest.check(path);
      var name = path.substring(path.lastIndexOf('/') + 1);
      if (!name.startsWith(".") && !name.startsWith("_")) result.put(path, digest);
    });
    return result;
  }

  Ingested ingest(SortedMap<String, Digest> files, SourceOptions options) {
    if (files.isEmpty())
      throw new InvalidInput(
          "no data file: the source is an empty folder; put "
              + SourceOptions.Format.NAMES
              + " files there");
    var format = format(files, options);
    var parquet =
        switch (format) {
          case PARQUET -> files;
          case CSV, JSONL -> converted(files, format, options);
        };
    var entries = new TreeMap<String, Entry>();
    parquet.forEach((path, digest) -> entries.put(path, new Entry(digest, artifacts.size(digest))));
    var manifest = new Manifest(entries);
    try (var engine = engines.open()) {
      return described(engine, artifacts.put(manifest), parquet, format, options);
    }
  }

  private static SourceOptions.Format format(
      SortedMap<String, Digest> files, SourceOptions options) {
    if (options.format() != null) return options.format();
    SourceOptions.Format format = null;
    String first = "";
    for (var path : files.keySet()) {
      var own = SourceOptions.Format.of(path);
      if (own == null) {
        throw new InvalidInput(
            "%s: its name does not tell its format; name it .parquet, .csv or .jsonl, or say format: parquet, csv or jsonl"
                .formatted(path));
      }
      if (format != null && own != format) {
        throw new InvalidInput(
            "%s is %s and %s is %s; a dataset's files have one format"
                .formatted(first, format.word(), path, own.word()));
      }
      format = own;
      first = path;
    }
    if (format == null) throw new IllegalStateException("no files");
    return format;
  }

  private Ingested described(
      Engine engine,
      Digest manifest,
      SortedMap<String, Digest> parquet,
      SourceOptions.Format format,
      SourceOptions options) {
    var paths = new TreeMap<String, Path>();
    parquet.forEach((path, digest) -> paths.put(path, artifacts.file(digest)));
    if (format == SourceOptions.Format.PARQUET)
      paths.forEach((path, file) -> check(engine, path, file));
    var relation = Relation.of(paths);
    var columns = engine.columns(relation);
    TextTable.distinct("the dataset", columns.stream().map(Engine.ColumnType::name).toList());
    var types = new HashMap<String, String>();
    for (var column : columns) {
      types.put(column.name(), column.type());
      checkType("the dataset", column);
    }
    if (format == SourceOptions.Format.PARQUET) {
      options
          .types()
          .forEach((name, word) -> {
            var type = types.get(name);
            if (type == null) {
              throw new InvalidInput(
                  "no file has the column \"%s\", which the definition declares; there are %s"
                      .formatted(
                          name,
                          Names.some(columns.stream().map(Engine.ColumnType::name).toList())));
            }
            if (!fits(ValueKind.named(name, word), Frame.Kind.of(type))) {
              throw new InvalidInput(
                  "column \"%s\" has type %s and is declared as %s; change the declaration, or the files"
                      .formatted(name, type, word));
            }
          });
    }
    long rows = engine.number("select count(*) from " + relation);
    long bytes = parquet.values().stream().mapToLong(artifacts::size).sum();
    return new Ingested(manifest, rows, bytes, columns);
  }

  private static boolean fits(ValueKind declared, Frame.Kind actual) {
    return switch (declared) {
      case INTEGER, NUMBER, COMMA_NUMBER -> actual == Frame.Kind.NUMBER;
      case BOOLEAN -> actual == Frame.Kind.BOOLEAN;
      case DATE, LOCAL_TIME, TIMESTAMP -> actual == Frame.Kind.TIME;
      case TEXT -> actual == Frame.Kind.TEXT;
    };
  }

  private static void check(Engine engine, String path, Path file) {
    List<Engine.ColumnType> columns;
    try {
      columns = engine.columns(Relation.files(List.of(file)));
    } catch (InvalidInput e) {
      throw new InvalidInput(
          "%s cannot be read as Parquet: %s"
              .formatted(
                  path,
                  String.valueOf(e.getMessage())
                      .lines()
                      .findFirst()
                      .orElse("")
                      .replace(file.getFileName().toString(), path)));
    }
    for (var column : columns) checkType(path, column);
  }

  static void checkType(String where, Engine.ColumnType column) {
    if (Frame.Kind.of(column.type()) == Frame.Kind.OTHER) {
      throw new InvalidInput(
          "%s, column \"%s\": the type %s is not supported; a dataset's columns hold text, numbers, truth values, dates and times: unnest or cast it first"
              .formatted(where, column.name(), column.type()));
    }
  }

  private SortedMap<String, Digest> converted(
      SortedMap<String, Digest> files, SourceOptions.Format format, SourceOptions options) {
    var result = new TreeMap<String, Digest>();
    for (var file : files.entrySet()) {
      var target = parquetPath(file.getKey());
      var digest = converted(file.getKey(), file.getValue(), format, options);
      if (result.put(target, digest) != null) {
        throw new InvalidInput(
            "%s: another file differs from it only in its ending; rename one"
                .formatted(file.getKey()));
      }
    }
    return result;
  }

  private Digest converted(
      String path, Digest file, SourceOptions.Format format, SourceOptions given) {
    var types = new TreeMap<>(given.types());
    types.keySet().removeAll(Relation.partition(path).keySet());
    var options = given.withTypes(types);
    var key = options.json().put("form", FORM).put("file", file.hex()).put("as", format.word());
    var source = Digest.of(Json.canonical(key));
    var known = memory.find(source);
    if (known.isPresent() && artifacts.contains(known.get())) return known.get();
    try (var engine = engines.open(1)) {
      var text = read(engine, new SourceFile(path, artifacts.file(file)), format, options);
      SequencedMap<String, ValueKind> kinds = text.kinds(options.types());
      var parquet =
          artifacts.putFile(
              engine.writeParquet(
                  text.select(kinds), engine.folder().resolve("converted.parquet")));
      memory.keep(source, parquet);
      return parquet;
    }
  }

  private static TextTable read(
      Engine engine, SourceFile file, SourceOptions.Format format, SourceOptions options) {
    return switch (format) {
      case CSV -> TextTable.csv(engine, file, options.csv());
      case JSONL -> TextTable.jsonLines(engine, file);
      case PARQUET -> throw new IllegalArgumentException("Parquet is not text");
    };
  }

  static String parquetPath(String path) {
    int slash = path.lastIndexOf('/') + 1;
    var name = path.substring(slash);
    var parts = new ArrayList<>(List.of(name.split("\\.")));
    if (parts.size() > 1 && parts.getLast().equalsIgnoreCase("gz")) parts.removeLast();
    if (parts.size() > 1) parts.removeLast();
    return path.substring(0, slash) + String.join(".", parts) + ".parquet";
  }
}
