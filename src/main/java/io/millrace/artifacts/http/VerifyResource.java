package io.millrace.artifacts.http;

import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Damage;
import io.millrace.artifacts.ProgressListener;
import io.millrace.artifacts.References;
import io.millrace.base.Database;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;

/**
 * Reads the whole store and reports damage. Whoever keeps digests is asked through {@link
 * References}.
 */
@Path("/api/v1/artifacts/verify")
@Singleton
@RunOnVirtualThread
public class VerifyResource {
  private final Database database;
  private final Artifacts artifacts;
  private final Instance<References> references;

  @Inject
  public VerifyResource(
      Database database, Artifacts artifacts, @Any Instance<References> references) {
    this.database = database;
    this.artifacts = artifacts;
    this.references = references;
  }

  public record Answer(long blobs, long bytes, List<String> damages) {}

  @POST
  @Produces(MediaType.APPLICATION_JSON)
  public Answer verify() {
    var found =
        artifacts.verify(
            () -> References.held(database, references.stream().toList()), ProgressListener.none());
    return new Answer(
        found.blobs(), found.bytes(), found.damages().stream().map(Damage::toString).toList());
  }
}
