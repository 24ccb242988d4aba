package io.millrace.experiments.http;

import io.millrace.base.Database;
import io.millrace.experiments.Experiments;
import io.millrace.experiments.RunExports;
import io.millrace.experiments.Tables;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The runs of an experiment, and all values of their metrics, as Parquet files. */
@Path("/api/v1/experiments")
@Singleton
@RunOnVirtualThread
@Produces("application/vnd.apache.parquet")
@Consumes(MediaType.APPLICATION_JSON)
public class ExportResource {
  private final Database database;
  private final Experiments experiments;
  private final RunExports exports;

  @Inject
  public ExportResource(Database database, Experiments experiments, RunExports exports) {
    this.database = database;
    this.experiments = experiments;
    this.exports = exports;
  }

  /**
   * Which runs, and what of them; for filters too long for an address.
   *
   * @param columns such as metrics.auc; everything where it is left out
   */
  public record Selection(@Nullable String filter, @Nullable List<String> columns) {}

  /**
   * One row a run: run_id, name, status, start_time, end_time, user, then params.KEY, metrics.KEY
   * (the last value), tags.KEY.
   *
   * @param columns such as metrics.auc,params.eta; everything where it is left out
   */
  @GET
  @Path("/{name}/export")
  public Response runs(
      @PathParam("name") String name,
      @QueryParam("filter") @Nullable String filter,
      @QueryParam("columns") @Nullable String columns) {
    long id = experiment(name);
    var wanted = columns == null || columns.isBlank() ? Set.<String>of() : Columns.of(columns);
    return download(id, "runs", exports.runs(id, filter, wanted));
  }

  /** As the GET. */
  @POST
  @Path("/{name}/export")
  public Response selected(@PathParam("name") String name, @Nullable Selection selection) {
    var columns = selection == null ? null : selection.columns();
    return runs(
        name,
        selection == null ? null : selection.filter(),
        columns == null ? null : String.join(",", columns));
  }

  /** One row a value that a run noted: run_id, key, step, timestamp, value. */
  @GET
  @Path("/{name}/export/metrics")
  public Response metrics(
      @PathParam("name") String name, @QueryParam("filter") @Nullable String filter) {
    long id = experiment(name);
    return download(id, "metrics", exports.metrics(id, filter));
  }

  /** As the GET. */
  @POST
  @Path("/{name}/export/metrics")
  public Response selectedMetrics(@PathParam("name") String name, @Nullable Selection selection) {
    return metrics(name, selection == null ? null : selection.filter());
  }

  private long experiment(String name) {
    return database.read(s -> experiments.named(s, name)).id();
  }

  private static Response download(long experiment, String what, Tables.File file) {
    return Response.ok(file.content())
        .header(
            HttpHeaders.CONTENT_DISPOSITION,
            "attachment; filename=\"experiment-%d-%s.parquet\"".formatted(experiment, what))
        .header(HttpHeaders.CONTENT_LENGTH, file.bytes())
        .build();
  }
}
