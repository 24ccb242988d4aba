package io.millrace.pipelines;

import java.util.Locale;

/** What flows between steps: artifacts, known by digest, and plain values, known by themselves. */
public enum ValueType {
  /** A directory manifest of Parquet files; hive-style folders give partition columns. */
  DATASET,
  /** A sealed model package, or the folder of a model in Python: a directory manifest. */
  MODEL,
  /** Several model packages, each a folder of one directory manifest. */
  MODELS,
  /** An evaluation report: one JSON blob. */
  REPORT,
  /** What was measured: one JSON blob that maps names to numbers. */
  METRICS,
  /** Any file. */
  BLOB,
  /** Any folder: a directory manifest. */
  FOLDER,
  TEXT,
  INTEGER,
  NUMBER,
  BOOLEAN,
  /** A calendar date (ISO 8601), meaning its first instant in UTC where a time is needed. */
  DATE,
  LIST,
  MAP,
  /** A file of the project, named by its path in it; the step's key holds its content. */
  FILE,
  ANY;

  public boolean isArtifact() {
    return switch (this) {
      case DATASET, MODEL, MODELS, REPORT, METRICS, BLOB, FOLDER -> true;
      case TEXT, INTEGER, NUMBER, BOOLEAN, DATE, LIST, MAP, FILE, ANY -> false;
    };
  }

  /** Whether it is an artifact of many files: its digest is that of a directory manifest. */
  boolean isDirectory() {
    return switch (this) {
      case DATASET, MODEL, MODELS, FOLDER -> true;
      case REPORT, METRICS, BLOB, TEXT, INTEGER, NUMBER, BOOLEAN, DATE, LIST, MAP, FILE, ANY ->
          false;
    };
  }

  /** As people write it: artifacts with a capital. */
  public String text() {
    return switch (this) {
      case DATASET -> "Dataset";
      case MODEL -> "Model";
      case MODELS -> "Models";
      case REPORT -> "Report";
      case METRICS -> "Metrics";
      case BLOB -> "File";
      case FOLDER -> "Folder";
      case FILE -> "project file";
      case TEXT, INTEGER, NUMBER, BOOLEAN, DATE, LIST, MAP, ANY -> name().toLowerCase(Locale.ROOT);
    };
  }
}
