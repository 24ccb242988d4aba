package io.millrace.pipelines.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.definitions.Definitions;
import io.millrace.pipelines.PipelineTests;
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
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Tests of pipelines, of files that need not be applied. */
@Path("/api/v1/tests")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class TestResource {
  private final PipelineTests tests;
  private final Definitions definitions;

  @Inject
  public TestResource(PipelineTests tests, Definitions definitions) {
    this.tests = tests;
    this.definitions = definitions;
  }

  /** A project's texts, and the pipeline that is meant; null means all of them. */
  public record Wanted(@Nullable SortedMap<String, String> texts, @Nullable String pipeline) {}

  /** Begins them: each a run. */
  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  public JsonNode start(@Nullable Wanted wanted) {
    if (wanted == null || wanted.texts() == null)
      throw new InvalidInput("the body has no \"texts\"; expected {\"texts\": {PATH: TEXT}}");
    var files = definitions.files(null, wanted.texts(), new TreeMap<>(), null);
    return Json.object().set("tests", Json.tree(tests.start(files, wanted.pipeline())));
  }

  /** What became of one. */
  @GET
  @Path("/{run}")
  public PipelineTests.Outcome outcome(@PathParam("run") String run) {
    return tests.outcome(run);
  }
}
