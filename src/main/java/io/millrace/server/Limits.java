package io.millrace.server;

import io.millrace.base.TooLarge;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.container.ContainerRequestContext;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/**
 * How large a request's body may be: documents are held in memory, blobs are streamed to the store.
 */
@Singleton
final class Limits {
  private static final long MOST_DISCARDED = 1L << 30;

  private final long documents;
  private final long blobs;

  @Inject
  Limits(Configuration configuration) {
    this.documents = configuration.documentLimit();
    this.blobs = configuration.blobLimit();
  }

  long of(String method, String path) {
    return method.equals("PUT") && isStreamed(path) ? blobs : documents;
  }

  private static boolean isStreamed(String path) {
    return path.startsWith("/api/v1/blobs/")
        || path.startsWith("/api/2.0/mlflow-artifacts/")
        || path.startsWith("/ajax-api/2.0/mlflow-artifacts/");
  }

  /** How much of a refused body is read and thrown away before the connection is cut. */
  long discarded() {
    return MOST_DISCARDED;
  }

  static String message(String path, long limit) {
    return "the body of a request to %s may have %d bytes at most: send less at once, or upload it as a blob"
        .formatted(path.length() <= 200 ? path : path.substring(0, 200) + "...", limit);
  }

  /** Counts what a body without Content-Length comes to. */
  @ServerRequestFilter
  public void countChunks(ContainerRequestContext request) {
    if (request.getHeaderString("Content-Length") != null
        || request.getHeaderString("Transfer-Encoding") == null) return;
    var path = request.getUriInfo().getPath();
    request.setEntityStream(
        new Counted(request.getEntityStream(), path, of(request.getMethod(), path)));
  }

  private static final class Counted extends FilterInputStream {
    private final String path;
    private final long limit;
    private long count;

    Counted(InputStream in, String path, long limit) {
      super(in);
      this.path = path;
      this.limit = limit;
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      if (value >= 0) add(1);
      return value;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int got = super.read(target, offset, length);
      if (got > 0) add(got);
      return got;
    }

    private void add(int bytes) {
      count += bytes;
      if (count > limit) throw new TooLarge(message(path, limit));
    }
  }
}
