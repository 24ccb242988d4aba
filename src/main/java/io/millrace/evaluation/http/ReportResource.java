package io.millrace.evaluation.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.evaluation.Evaluations;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/** Reports of evaluations, by digest. */
@Path("/api/v1/reports")
@Singleton
@RunOnVirtualThread
public class ReportResource {
  private final Evaluations evaluations;

  @Inject
  public ReportResource(Evaluations evaluations) {
    this.evaluations = evaluations;
  }

  @GET
  @Path("/{digest}")
  @Produces(MediaType.APPLICATION_JSON)
  public JsonNode report(@PathParam("digest") String digest) {
    return evaluations.report(new Digest(digest));
  }
}
