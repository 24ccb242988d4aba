package io.millrace.metadata;

/** What an artifact is. */
public enum ArtifactType {
  /** A version of a named dataset: its digest is that of its directory of Parquet files. */
  DATASET_VERSION(true),
  /** Data that a step made or read: a directory of Parquet files. */
  DATASET(true),
  SCHEMA(false),
  STATISTICS(false),
  SPLIT(false),
  /** A sealed model package. */
  MODEL(true),
  /** Several model packages in one directory. */
  MODELS(true),
  /** The report of an evaluation. */
  REPORT(true),
  /** A file that a step made. */
  FILE(true),
  /** A folder that a step made. */
  FOLDER(true),
  /** A version of a registered model; its digest is that of its package. */
  MODEL_VERSION(true),
  /** A dataset as a run's program described it, which need not be one of ours. */
  EXTERNAL_DATASET(false),
  /** What a run measured. */
  METRICS(false),
  /** A model as a run logged it, before it has a name in the registry. */
  LOGGED_MODEL(false),
  ENDPOINT(false),
  PARAMETERS(false),
  SOURCE_FILE(false),
  /** A file of a project: a query, a contract, a pipeline. */
  DEFINITION(false),
  KPI(false),
  DECISION(false);

  private final boolean stored;

  ArtifactType(boolean stored) {
    this.stored = stored;
  }

  /** Whether its digest names a blob that must be in the artifact store. */
  public boolean isStored() {
    return stored;
  }
}
