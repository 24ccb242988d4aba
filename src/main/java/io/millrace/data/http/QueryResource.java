package io.millrace.data.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Fields;
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

/** One SELECT over datasets, for people. */
@Path("/api/v1/query")
@Singleton
@RunOnVirtualThread
public class QueryResource {
  private static final List<String> KEYS = List.of("sql", "datasets", "values", "limit");
  private static final int ROWS = 100;

  private final Datasets datasets;

  @Inject
  public QueryResource(Datasets datasets) {
    this.datasets = datasets;
  }

  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @Produces(MediaType.APPLICATION_JSON)
  public JsonNode query(@Nullable JsonNode given) {
    var body = Fields.object(given, KEYS);
    return datasets.query(
        Fields.text(body, "sql"),
        Fields.texts(body, "datasets"),
        Fields.entries(body, "values"),
        Fields.whole(body, "limit", ROWS));
  }
}
