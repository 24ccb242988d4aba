package io.millrace.experiments.mlflow;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.FileTree;
import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.base.TooLarge;
import io.millrace.experiments.ArtifactRoot;
import io.millrace.experiments.LoggedModels;
import io.millrace.experiments.Runs;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** Files of runs and logged models, as MLflow's pages ask for them. */
@Path("/")
@Singleton
@RunOnVirtualThread
@Consumes(MediaType.WILDCARD)
public class FileResource {
  private static final int MOST_UPLOADED = 10 << 20;

  private final Database database;
  private final Artifacts artifacts;
  private final FileTree files;
  private final Runs runs;
  private final LoggedModels models;

  @Inject
  public FileResource(
      Database database, Artifacts artifacts, FileTree files, Runs runs, LoggedModels models) {
    this.database = database;
    this.artifacts = artifacts;
    this.files = files;
    this.runs = runs;
    this.models = models;
  }

  @GET
  @Path("get-artifact")
  @Operation(hidden = true)
  public Response ofRun(
      @QueryParam("run_uuid") @Nullable String uuid,
      @QueryParam("run_id") @Nullable String id,
      @QueryParam("path") @Nullable String path,
      @HeaderParam("Range") @Nullable String range) {
    return ArtifactResource.answered(() -> {
      var run = id != null ? id : uuid;
      if (run == null) throw Request.missing("run_id");
      var found = database.read(s -> runs.run(s, RunCalls.known(run)));
      return download(found.artifacts(), path, range);
    });
  }

  @GET
  @Path("ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files")
  @Operation(hidden = true)
  public Response ofModel(
      @PathParam("model_id") String id,
      @QueryParam("artifact_file_path") @Nullable String path,
      @HeaderParam("Range") @Nullable String range) {
    return ArtifactResource.answered(() -> {
      var model = database.read(s -> models.model(s, id, false));
      return download(model.artifacts(), path, range);
    });
  }

  private Response download(String root, @Nullable String path, @Nullable String range) {
    if (path == null || path.isEmpty()) throw Request.missing("path");
    var checked = ArtifactPath.checked(path);
    var folder =
        ArtifactRoot.path(root)
            .orElseThrow(
                () -> new InvalidInput("the files of %s lie elsewhere; ask there".formatted(root)));
    var entry = ArtifactResource.find(database, files, ArtifactPath.below(folder, checked));
    return Downloads.of(
        artifacts,
        checked.substring(checked.lastIndexOf('/') + 1),
        entry.digest(),
        entry.size(),
        range);
  }

  @POST
  @Path("ajax-api/2.0/mlflow/upload-artifact")
  @Operation(hidden = true)
  public Response upload(
      @QueryParam("run_uuid") @Nullable String uuid,
      @QueryParam("path") @Nullable String path,
      byte[] body) {
    return ArtifactResource.answered(() -> {
      if (uuid == null) throw Request.missing("run_uuid");
      if (path == null || path.isEmpty()) throw Request.missing("path");
      if (body == null || body.length == 0) throw Request.missing("body");
      if (body.length > MOST_UPLOADED)
        throw new TooLarge(
            "Artifact size is too large: %d bytes, at most %d here; use the artifact proxy"
                .formatted(body.length, MOST_UPLOADED));
      var checked = ArtifactPath.checked(path);
      var digest = artifacts.put(body);
      database.writing(tx -> {
        var run = runs.activeRun(tx, RunCalls.known(uuid));
        var root =
            ArtifactRoot.path(run.artifacts())
                .orElseThrow(
                    () -> new InvalidInput("the run's files lie elsewhere: " + run.artifacts()));
        files.put(tx, ArtifactPath.below(root, checked), digest, body.length);
      });
      return Response.ok("{}", MediaType.APPLICATION_JSON_TYPE).build();
    });
  }
}
