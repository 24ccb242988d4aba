package io.millrace.experiments.http;

import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.experiments.CodeSnapshots;
import io.millrace.experiments.RunDifference;
import io.millrace.experiments.RunDifferences;
import io.millrace.experiments.RunId;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The code that made runs, and what differs between two of them. */
@Path("/api/v1/experiments")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class CodeResource {
  private final CodeSnapshots snapshots;
  private final RunDifferences differences;

  @Inject
  public CodeResource(CodeSnapshots snapshots, RunDifferences differences) {
    this.snapshots = snapshots;
    this.differences = differences;
  }

  /**
   * The code of a run.
   *
   * @param files text by path
   * @param blobs digests of uploaded files by path, for what is too large for one request
   * @param commit of the repository it is from
   * @param replace whether other code that the run has is let go
   */
  public record Code(
      @Nullable Map<String, String> files,
      @Nullable Map<String, Digest> blobs,
      @Nullable String commit,
      @Nullable Boolean replace) {}

  /** Keeps text files as the run's code, below code/ of its files. */
  @POST
  @Path("/runs/{id}/code")
  public CodeSnapshots.Stored store(@PathParam("id") String id, @Nullable Code code) {
    if (code == null)
      throw new InvalidInput("the body is empty; expected {\"files\": {PATH: TEXT}}");
    return snapshots.store(
        new RunId(id),
        code.files() == null ? Map.of() : code.files(),
        code.blobs() == null ? Map.of() : code.blobs(),
        code.commit(),
        Boolean.TRUE.equals(code.replace()));
  }

  /** What differs between two runs: datasets, code, parameters, metrics, tags, environment. */
  @GET
  @Path("/runs/{a}/diff/{b}")
  public RunDifference diff(@PathParam("a") String a, @PathParam("b") String b) {
    return differences.of(new RunId(a), new RunId(b));
  }
}
