package io.millrace.data.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.data.Datasets;
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

/** The rows of an uploaded file, which is not registered. */
@Path("/api/v1/tables")
@Singleton
@RunOnVirtualThread
public class TableResource {
  private static final List<String> KEYS = List.of("blob", "file", "limit");

  private final Datasets datasets;

  @Inject
  public TableResource(Datasets datasets) {
    this.datasets = datasets;
  }

  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @Produces(MediaType.APPLICATION_JSON)
  public JsonNode rows(@Nullable JsonNode sent) {
    var body = Json.object(sent, KEYS);
    if (!body.path("blob").isTextual() || !body.path("file").isTextual()) {
      throw new InvalidInput(
          "\"blob\" (the digest of an uploaded file) and \"file\" (its name) are needed");
    }
    return datasets.rows(
        body.path("file").asText(),
        new Digest(body.path("blob").asText()),
        body.path("limit").asInt(1000));
  }
}
