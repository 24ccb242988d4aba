package io.millrace.metadata.openlineage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Database;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.metadata.Metadata;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes the events of OpenLineage's clients; what is answered is durable. */
@Path("/api/v1/lineage")
@Singleton
@RunOnVirtualThread
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class OpenLineageResource {
  private static final int MOST_EVENTS = 1_000;

  private final Database database;
  private final LineageEvents events;

  @Inject
  public OpenLineageResource(Database database, Metadata metadata) {
    this.database = database;
    this.events = new LineageEvents(metadata);
  }

  /** Notes one event. */
  @POST
  public Response one(@Nullable JsonNode event) {
    return accept(event == null ? List.of() : List.of(event));
  }

  /** Notes a list of events, all or none. */
  @POST
  @Path("batch")
  public Response batch(@Nullable JsonNode sent) {
    if (!(sent instanceof ArrayNode list))
      throw new InvalidInput("body", sent == null ? "nothing" : sent.getNodeType(), "a JSON list");
    return accept(list.valueStream().toList());
  }

  private Response accept(List<JsonNode> sent) {
    if (sent.isEmpty() || sent.size() > MOST_EVENTS)
      throw new InvalidInput("events", sent.size(), "1 to %,d".formatted(MOST_EVENTS));
    database.writing(tx -> sent.forEach(event -> events.accept(tx, event)));
    ObjectNode answer = Json.object().put("accepted", sent.size());
    return Response.status(Response.Status.CREATED).entity(answer).build();
  }
}
