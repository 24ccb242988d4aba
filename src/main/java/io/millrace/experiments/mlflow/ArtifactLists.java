package io.millrace.experiments.mlflow;

import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.artifacts.FileTree;
import io.millrace.base.Database;
import java.io.IOException;

/** Lists folders of files in MLflow's form. */
final class ArtifactLists {
  private static final int MOST = 10_000;

  private ArtifactLists() {}

  /** Writes what lies in a folder below the root, by paths below the root. */
  static void write(
      JsonGenerator out, Database database, FileTree files, String root, String folder)
      throws IOException {
    var checked = ArtifactPath.checked(folder);
    children(
        out,
        database,
        files,
        ArtifactPath.below(root, checked),
        checked.isEmpty() ? "" : checked + "/");
  }

  /** Writes what lies in a folder, by names alone. */
  static void names(JsonGenerator out, Database database, FileTree files, String folder)
      throws IOException {
    children(out, database, files, folder, "");
  }

  private static void children(
      JsonGenerator out, Database database, FileTree files, String folder, String prefix)
      throws IOException {
    var children = database.read(s -> files.children(s, folder, MOST));
    if (children.isEmpty()) return;
    out.writeArrayFieldStart("files");
    for (var child : children) {
      out.writeStartObject();
      out.writeStringField("path", prefix + child.name());
      out.writeBooleanField("is_dir", child.file().isEmpty());
      if (child.file().isPresent()) out.writeNumberField("file_size", child.file().get().size());
      out.writeEndObject();
    }
    out.writeEndArray();
  }
}
