package io.millrace.registry.mlflow;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.FileTree;
import io.millrace.base.Database;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.NotFound;
import io.millrace.experiments.ArtifactRoot;
import io.millrace.experiments.mlflow.ArtifactPath;
import io.millrace.experiments.mlflow.ArtifactResource;
import io.millrace.experiments.mlflow.Downloads;
import io.millrace.experiments.mlflow.Request;
import io.millrace.registry.ModelRegistry;
import io.millrace.registry.VersionId;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** Files of model versions, as MLflow's pages ask for them. */
@Path("/model-versions/get-artifact")
@Singleton
@RunOnVirtualThread
public class VersionFileResource {
  private static final String PACKAGES = "packages/";

  private final Database database;
  private final Artifacts artifacts;
  private final FileTree files;
  private final ModelRegistry registry;

  @Inject
  public VersionFileResource(
      Database database, Artifacts artifacts, FileTree files, ModelRegistry registry) {
    this.database = database;
    this.artifacts = artifacts;
    this.files = files;
    this.registry = registry;
  }

  @GET
  @Operation(hidden = true)
  public Response get(
      @QueryParam("name") @Nullable String name,
      @QueryParam("version") @Nullable String version,
      @QueryParam("path") @Nullable String path,
      @HeaderParam("Range") @Nullable String range) {
    return ArtifactResource.answered(() -> {
      if (name == null) throw Request.missing("name");
      if (version == null) throw Request.missing("version");
      if (path == null || path.isEmpty()) throw Request.missing("path");
      var checked = ArtifactPath.checked(path);
      var id = VersionId.parse(name + "/" + version);
      var found =
          database.read(s -> registry.findVersion(s, id)).orElseThrow(() -> Sources.noVersion(id));
      var storage = Sources.storage(found);
      var root =
          ArtifactRoot.path(storage)
              .orElseThrow(() ->
                  new InvalidInput("the files of %s lie elsewhere: %s".formatted(id, storage)));
      var last = checked.substring(checked.lastIndexOf('/') + 1);
      if (root.startsWith(PACKAGES)) {
        var entry =
            artifacts
                .manifest(new Digest(root.substring(PACKAGES.length())))
                .entries()
                .get(checked);
        if (entry == null) throw new NotFound("No such artifact: '%s'".formatted(checked));
        return Downloads.of(artifacts, last, entry.digest(), entry.size(), range);
      }
      var entry = ArtifactResource.find(database, files, ArtifactPath.below(root, checked));
      return Downloads.of(artifacts, last, entry.digest(), entry.size(), range);
    });
  }
}
