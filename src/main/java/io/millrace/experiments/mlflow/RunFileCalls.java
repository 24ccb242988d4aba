package io.millrace.experiments.mlflow;

import com.fasterxml.jackson.core.JsonGenerator;
import io.millrace.artifacts.FileTree;
import io.millrace.base.Database;
import io.millrace.experiments.ArtifactRoot;
import io.millrace.experiments.Runs;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;

/** artifacts/list, and what clients ask about the server. */
@Singleton
public class RunFileCalls extends Calls {
  private final Database database;
  private final Runs runs;
  private final FileTree files;

  @Inject
  public RunFileCalls(Database database, Runs runs, FileTree files) {
    this.database = database;
    this.runs = runs;
    this.files = files;
    route("GET", "artifacts/list", this::list);
    route(
        "GET",
        "3.0",
        "server-info",
        (_, out) -> {
          for (var fact : ArtifactResource.SERVER.entrySet())
            out.writeObjectField(fact.getKey(), fact.getValue());
        });
  }

  private void list(Request request, JsonGenerator out) throws IOException {
    var id = RunCalls.runId(request);
    var run = database.read(s -> runs.run(s, id));
    out.writeStringField("root_uri", run.artifacts());
    var root = ArtifactRoot.path(run.artifacts());
    if (root.isPresent())
      ArtifactLists.write(out, database, files, root.get(), request.text("path", ""));
  }
}
