package io.millrace.evaluation.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.evaluation.Staleness;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import org.jspecify.annotations.Nullable;

/** How fast the models of a pipeline age. */
@Path("/api/v1/pipelines/{name}/staleness")
@Singleton
@RunOnVirtualThread
public class StalenessResource {
  private final Staleness staleness;

  @Inject
  public StalenessResource(Staleness staleness) {
    this.staleness = staleness;
  }

  /** The models of its runs, ordered by a parameter, judged on the rows of later runs. */
  @GET
  @Produces(MediaType.APPLICATION_JSON)
  public JsonNode report(
      @PathParam("name") String name,
      @QueryParam("by") @Nullable String by,
      @QueryParam("model") @DefaultValue("train.model") String model,
      @QueryParam("data") @DefaultValue("split.test") String data,
      @QueryParam("metric") @Nullable String metric) {
    if (by == null)
      throw new io.millrace.base.InvalidInput(
          "by: expected the parameter that puts the runs in order, such as ?by=until");
    return staleness.report(new Staleness.Question(name, by, model, data, metric));
  }
}
