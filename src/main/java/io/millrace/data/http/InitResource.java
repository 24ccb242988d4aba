package io.millrace.data.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Digest;
import io.millrace.base.Fields;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.data.Datasets;
import io.millrace.data.Profiles;
import io.millrace.data.ProjectInit;
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

/** Drafts a project for an uploaded table. */
@Path("/api/v1/projects/init")
@Singleton
@RunOnVirtualThread
public class InitResource {
  private static final List<String> KEYS = List.of("name", "blob", "file", "label");

  private final ProjectInit init;

  @Inject
  public InitResource(Datasets datasets, Artifacts artifacts) {
    this.init = new ProjectInit(datasets, new Profiles(datasets), artifacts);
  }

  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @Produces(MediaType.APPLICATION_JSON)
  public ObjectNode create(@Nullable JsonNode sent) {
    var body = Fields.object(sent, KEYS);
    var project =
        init.create(
            text(body, "name"),
            new Digest(text(body, "blob")),
            text(body, "file"),
            text(body, "label"));
    var answer = Json.object();
    answer.set("files", Json.tree(project.files()));
    answer.put("pipeline", project.pipeline());
    answer.set("notes", Json.tree(project.notes()));
    return answer;
  }

  private static String text(JsonNode body, String key) {
    if (!body.path(key).isTextual())
      throw new InvalidInput(
          "\"%s\" is missing or no text; send {\"name\", \"blob\", \"file\", \"label\"}"
              .formatted(key));
    return body.path(key).asText();
  }
}
