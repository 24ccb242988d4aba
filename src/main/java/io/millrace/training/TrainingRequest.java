package io.millrace.training;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What a child process is to train, as it stands in request.json.
 *
 * @param files the Parquet files of the data set, on this machine
 * @param program the digest of the program's own code
 * @param parent the process without which this one has no purpose
 */
record TrainingRequest(
    TrainerKind trainer,
    Digest dataset,
    List<String> files,
    Settings settings,
    String program,
    long parent) {
  static final String FILE = "request.json";

  TrainingRequest {
    files = List.copyOf(files);
  }

  /**
   * @param objective binary, multiclass, regression, or null to go by the label
   * @param validateFrom rows from here on (UTC) choose among settings; null: a fifth of the rows,
   *     drawn by the seed
   * @param time the column that validateFrom is compared with; null: the first ignored column that
   *     holds times
   * @param rounds the most trees per class that are tried
   * @param params hyper-parameters that are fixed rather than chosen
   */
  record Settings(
      String label,
      List<String> ignore,
      @Nullable String objective,
      @Nullable LocalDate validateFrom,
      @Nullable String time,
      long seed,
      int threads,
      int rounds,
      SortedMap<String, JsonNode> params) {
    Settings {
      ignore = List.copyOf(ignore);
      params = java.util.Collections.unmodifiableSortedMap(new java.util.TreeMap<>(params));
    }
  }

  @JsonIgnore
  List<Path> paths() {
    return files.stream().map(Path::of).toList();
  }
}
