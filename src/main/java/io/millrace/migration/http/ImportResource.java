package io.millrace.migration.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.Fields;
import io.millrace.migration.MlflowImports;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes over what other programs kept. */
@Path("/api/v1/imports")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class ImportResource {
  private final MlflowImports imports;

  @Inject
  public ImportResource(MlflowImports imports) {
    this.imports = imports;
  }

  /**
   * Takes over an MLflow server's SQLite database; the body names it, and the directory of its
   * files, by the digests under which they were uploaded.
   */
  @POST
  @Path("/mlflow")
  public MlflowImports.Result mlflow(@Nullable JsonNode sent) {
    var body = Fields.object(sent, List.of("database", "artifacts"));
    var files = body.path("artifacts").asText("");
    return imports.take(
        new Digest(body.path("database").asText()), files.isEmpty() ? null : new Digest(files));
  }
}
