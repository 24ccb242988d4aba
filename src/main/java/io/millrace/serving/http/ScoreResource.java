package io.millrace.serving.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Fields;
import io.millrace.pipelines.PipelineRun;
import io.millrace.serving.scoring.Scoring;
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

/** Answers to all rows of a dataset. */
@Path("/api/v1/score")
@Singleton
@RunOnVirtualThread
public class ScoreResource {
  private static final List<String> KEYS = List.of("model", "dataset", "out");

  private final Scoring scoring;

  @Inject
  public ScoreResource(Scoring scoring) {
    this.scoring = scoring;
  }

  /** Begins a run, which is followed and cancelled as that of any pipeline. */
  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @Produces(MediaType.APPLICATION_JSON)
  public PipelineRun score(@Nullable JsonNode given) {
    var body = Fields.object(given, KEYS);
    return scoring.start(
        Fields.text(body, "model"),
        Fields.text(body, "dataset"),
        body.has("out") ? Fields.text(body, "out") : null);
  }
}
