package io.millrace.artifacts.http;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Digest;
import io.millrace.base.NotFound;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.util.Map;

/** Uploads and downloads of blobs by digest, both streamed. */
@Path("/api/v1/blobs/{digest}")
@Singleton
@RunOnVirtualThread
public class BlobResource {
  private final Artifacts artifacts;

  @Inject
  public BlobResource(Artifacts artifacts) {
    this.artifacts = artifacts;
  }

  /** Whether the blob is here: 200 with its length, or 404. */
  @HEAD
  public Response head(@PathParam("digest") String digest) {
    var blob = new Digest(digest);
    if (!artifacts.contains(blob)) throw new NotFound("blob", blob);
    return Response.ok()
        .header(HttpHeaders.CONTENT_LENGTH, artifacts.size(blob))
        .header(HttpHeaders.ETAG, quoted(blob))
        .build();
  }

  @GET
  @Produces(MediaType.APPLICATION_OCTET_STREAM)
  public Response get(@PathParam("digest") String digest) {
    var blob = new Digest(digest);
    return Response.ok(artifacts.fileToSend(blob, 0, artifacts.size(blob)).toFile())
        .header(HttpHeaders.ETAG, quoted(blob))
        .header("X-Content-Type-Options", "nosniff")
        .build();
  }

  /**
   * Stores the body as that blob: 201, or 200 if it was here before; 400 if the body is another's.
   */
  @PUT
  @Consumes(MediaType.WILDCARD)
  @Produces(MediaType.APPLICATION_JSON)
  public Response put(@PathParam("digest") String digest, InputStream body) {
    var blob = new Digest(digest);
    boolean here = artifacts.contains(blob);
    artifacts.put(body, blob);
    return Response.status(here ? Response.Status.OK : Response.Status.CREATED)
        .entity(Map.of("digest", blob.hex(), "size", artifacts.size(blob)))
        .build();
  }

  private static String quoted(Digest digest) {
    return "\"" + digest.hex() + "\"";
  }
}
