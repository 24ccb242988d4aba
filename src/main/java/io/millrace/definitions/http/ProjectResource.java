package io.millrace.definitions.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.definitions.Change;
import io.millrace.definitions.Definitions;
import io.millrace.definitions.Project;
import io.millrace.definitions.ProjectFiles;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Projects: what they are, what applying files would change, and applying them. */
@Path("/api/v1/projects")
@Singleton
@RunOnVirtualThread
@Produces(MediaType.APPLICATION_JSON)
@Consumes(MediaType.APPLICATION_JSON)
public class ProjectResource {
  private final Definitions definitions;

  @Inject
  public ProjectResource(Definitions definitions) {
    this.definitions = definitions;
  }

  /**
   * A project's files; the name may be left out, since millrace.yaml holds it.
   *
   * @param asOf when the data were known, a date or a time, where they are history told again
   */
  public record Files(
      @Nullable String project,
      @Nullable SortedMap<String, String> texts,
      @Nullable SortedMap<String, SortedMap<String, Digest>> sources,
      @Nullable String asOf) {}

  public record Changes(List<Change> changes) {}

  public record Patterns(Set<String> patterns) {}

  public record Projects(List<Project> projects) {}

  @GET
  public Projects projects() {
    return new Projects(definitions.projects());
  }

  @POST
  @Path("/sources")
  public Map<String, String> sources(@Nullable Files files) {
    return definitions.sources(read(files));
  }

  /** Patterns for the texts that are to be sent too, since definitions name them. */
  @POST
  @Path("/patterns")
  public Patterns patterns(@Nullable Files files) {
    return new Patterns(definitions.patterns(read(files)));
  }

  @POST
  @Path("/plan")
  public ObjectNode plan(@Nullable Files files) {
    var read = read(files);
    var answer = Json.object();
    answer.set("changes", Json.tree(definitions.plan(read)));
    return answer.setAll(definitions.foresee(read));
  }

  @POST
  @Path("/apply")
  public Changes apply(@Nullable Files files) {
    return new Changes(definitions.apply(read(files)));
  }

  private ProjectFiles read(@Nullable Files files) {
    if (files == null || files.texts() == null)
      throw new InvalidInput(
          "the body has no \"texts\"; expected {\"texts\": {PATH: TEXT}, \"sources\": {PATH: {FILE: DIGEST}}}");
    var sources =
        files.sources() == null
            ? new TreeMap<String, SortedMap<String, Digest>>()
            : files.sources();
    return definitions.files(files.project(), files.texts(), sources, asOf(files.asOf()));
  }

  private static @Nullable Instant asOf(@Nullable String text) {
    if (text == null) return null;
    try {
      return text.contains("T")
          ? OffsetDateTime.parse(text).toInstant()
          : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
    } catch (DateTimeException e) {
      throw new InvalidInput("as_of", text, "such as 2001-02-01 or 2001-02-01T00:00:00Z");
    }
  }
}
