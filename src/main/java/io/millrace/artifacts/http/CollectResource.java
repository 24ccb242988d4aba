package io.millrace.artifacts.http;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.artifacts.Garbage;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Deletes blobs that nobody refers to, if told so; otherwise says which they are. */
@Path("/api/v1/artifacts/collect")
@Singleton
@RunOnVirtualThread
public class CollectResource {
  private static final String EXPECTED =
      "{\"dry_run\": true or false, \"older_than_hours\": a whole number}, both of which may be left out";

  private final Garbage garbage;

  @Inject
  public CollectResource(Garbage garbage) {
    this.garbage = garbage;
  }

  /**
   * @param digests of at most 100 of the blobs that go
   */
  public record Answer(
      @JsonProperty("dry_run") boolean dryRun,
      int uploads,
      long blobs,
      long bytes,
      long kept,
      List<Digest> digests) {}

  @POST
  @Produces(MediaType.APPLICATION_JSON)
  public Answer collect(@Nullable JsonNode body) {
    boolean dry = true;
    var age = Garbage.AGE;
    if (body != null && !body.isNull()) {
      if (!body.isObject()) throw new InvalidInput("body", body, EXPECTED);
      for (var field : body.properties()) {
        var value = field.getValue();
        if (field.getKey().equals("dry_run") && value.isBoolean()) dry = value.booleanValue();
        else if (field.getKey().equals("older_than_hours") && value.isInt())
          age = Duration.ofHours(value.intValue());
        else throw new InvalidInput(field.getKey(), value, EXPECTED);
      }
    }
    var found = dry ? garbage.find(age) : garbage.collect(age);
    return new Answer(
        dry, found.uploads(), found.blobs(), found.bytes(), found.kept(), found.first());
  }
}
