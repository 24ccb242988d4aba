package io.millrace.data.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.Fields;
import io.millrace.base.InvalidInput;
import io.millrace.data.Datasets;
import io.millrace.data.TableFiles;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Rows that no named dataset holds: those of an uploaded file, and those that a step made. */
@Path("/api/v1/tables")
@Singleton
@RunOnVirtualThread
public class TableResource {
  private static final List<String> KEYS = List.of("blob", "file", "expected", "limit");
  private static final List<String> TYPES = List.of("number", "text");
  private static final int ROWS = 1_000;

  private final Datasets datasets;
  private final TableFiles files;

  @Inject
  public TableResource(Datasets datasets, TableFiles files) {
    this.datasets = datasets;
    this.files = files;
  }

  /** What a digest of a step's outputs, or of a dataset's version, names: as one Parquet file. */
  @GET
  @Path("/{digest}/parquet")
  @Produces("application/vnd.apache.parquet")
  public Response parquet(@PathParam("digest") String digest) {
    var file = files.parquet(new Digest(digest));
    return Response.ok(file.content()).header(HttpHeaders.CONTENT_LENGTH, file.bytes()).build();
  }

  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @Produces(MediaType.APPLICATION_JSON)
  public JsonNode rows(@Nullable JsonNode given) {
    var body = Fields.object(given, KEYS);
    var expected = new TreeMap<String, String>();
    var types = Fields.entries(body, "expected");
    for (var column : types.entrySet()) {
      var type = column.getValue().asText();
      if (!TYPES.contains(type))
        throw new InvalidInput("expected." + column.getKey(), type, "number or text");
      expected.put(column.getKey(), type);
    }
    return datasets.rows(
        Fields.text(body, "file"),
        new Digest(Fields.text(body, "blob")),
        expected,
        Fields.whole(body, "limit", ROWS));
  }
}
