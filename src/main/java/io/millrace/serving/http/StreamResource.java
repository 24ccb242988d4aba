package io.millrace.serving.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Fields;
import io.millrace.serving.EndpointName;
import io.millrace.serving.streams.Stream;
import io.millrace.serving.streams.StreamDefinition;
import io.millrace.serving.streams.StreamName;
import io.millrace.serving.streams.Streams;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is answered from one topic into another. */
@Path("/api/v1/streams")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
public class StreamResource {
  private static final List<String> KEYS =
      List.of("endpoint", "from", "to", "dead_letters", "bootstrap");

  private final Streams streams;

  @Inject
  public StreamResource(Streams streams) {
    this.streams = streams;
  }

  public record Counts(long answered, long deadLetters, long retries) {}

  public record Trouble(String what, Instant at) {}

  /**
   * A stream and how it goes.
   *
   * @param counts since the server started
   * @param lastError what went wrong last; it may be over
   */
  public record Shown(
      StreamName name,
      Topics topics,
      String group,
      String state,
      @Nullable Long lag,
      Counts counts,
      @Nullable Trouble lastError) {
    static Shown of(Stream stream) {
      var definition = stream.definition();
      var error = stream.lastError();
      return new Shown(
          definition.name(),
          new Topics(
              definition.endpoint(),
              definition.from(),
              definition.to(),
              definition.deadLetters(),
              definition.bootstrap()),
          definition.name().group(),
          stream.state().name().toLowerCase(Locale.ROOT),
          stream.lag(),
          new Counts(stream.answered(), stream.deadLetters(), stream.retries()),
          error == null ? null : new Trouble(error.what(), error.at()));
    }
  }

  /** What a stream does, as it is put. */
  public record Topics(
      EndpointName endpoint,
      String from,
      String to,
      String deadLetters,
      @Nullable String bootstrap) {}

  public record Lines(List<Shown> streams) {}

  @GET
  public Lines list() {
    return new Lines(streams.list().stream().map(Shown::of).toList());
  }

  @GET
  @Path("{name}")
  public Shown show(@PathParam("name") String name) {
    return Shown.of(streams.stream(new StreamName(name)));
  }

  /** Makes the stream what the body says, and run. */
  @PUT
  @Path("{name}")
  @Consumes(MediaType.APPLICATION_JSON)
  public Shown put(@PathParam("name") String name, @Nullable JsonNode body) {
    var fields = Fields.object(body, KEYS);
    var to = Fields.text(fields, "to");
    return Shown.of(
        streams.put(
            new StreamDefinition(
                new StreamName(name),
                new EndpointName(Fields.text(fields, "endpoint")),
                Fields.text(fields, "from"),
                to,
                fields.has("dead_letters")
                    ? Fields.text(fields, "dead_letters")
                    : StreamDefinition.deadLetters(to),
                fields.hasNonNull("bootstrap") ? Fields.text(fields, "bootstrap") : null)));
  }

  /** Lets a stream that was stopped run again. */
  @POST
  @Path("{name}/start")
  public Shown start(@PathParam("name") String name) {
    return Shown.of(streams.start(new StreamName(name)));
  }

  /** Returns when the stream reads and writes no more. */
  @POST
  @Path("{name}/stop")
  public Shown stop(@PathParam("name") String name) {
    return Shown.of(streams.stop(new StreamName(name)));
  }

  @DELETE
  @Path("{name}")
  public Map<String, String> delete(@PathParam("name") String name) {
    streams.delete(new StreamName(name));
    return Map.of("deleted", name);
  }
}
