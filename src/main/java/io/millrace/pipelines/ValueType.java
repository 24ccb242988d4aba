package io.millrace.pipelines;

/** What flows between steps: artifacts, known by digest, and plain values, known by themselves. */
public enum ValueType {
  /** A directory manifest of Parquet files; hive-style folders give partition columns. */
  DATASET,
  /** A sealed model package: a directory manifest. */
  MODEL,
  /** Several model packages, each a folder of one directory manifest. */
  MODELS,
  /** An evaluation report: one JSON blob. */
  REPORT,
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
      case DATASET, MODEL, MODELS, REPORT -> true;
      case TEXT, INTEGER, NUMBER, BOOLEAN, DATE, LIST, MAP, FILE, ANY -> false;
    };
  }
}
