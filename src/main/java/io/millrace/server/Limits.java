package io.millrace.server;

import io.millrace.base.Failure;
import io.millrace.base.TooLarge;
import io.millrace.base.Unavailable;
import io.millrace.serving.oip.BodyLimit;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveContainerRequestContext;

/**
 * How large a request's body may be, and all of them together: documents are held in memory, blobs
 * are streamed to the store.
 */
@Singleton
final class Limits {
  private static final long MOST_DISCARDED = 1L << 30;

  private final BodyLimit documents;
  private final long blobs;

  @Inject
  Limits(Configuration configuration, BodyLimit documents) {
    this.documents = documents;
    this.blobs = configuration.blobLimit();
  }

  long of(String method, String path) {
    return isStreamed(method, path) ? blobs : documents.bytes();
  }

  private static boolean isStreamed(String method, String path) {
    return method.equals("PUT")
        && (path.startsWith("/api/v1/blobs/")
            || path.startsWith("/api/2.0/mlflow-artifacts/")
            || path.startsWith("/ajax-api/2.0/mlflow-artifacts/"));
  }

  static String message(String path, long limit) {
    return "the body of a request to %s may have %d bytes at most: send less at once, or upload it as a blob"
        .formatted(path.length() <= 200 ? path : path.substring(0, 200) + "...", limit);
  }

  /**
   * Throws away what the client of a refused request still sends, so that it gets to read the
   * answer; beyond a while the connection is cut.
   */
  static void discardRest(HttpServerRequest request) {
    long[] left = {MOST_DISCARDED};
    request.handler(bytes -> {
      left[0] -= bytes.length();
      if (left[0] < 0) request.connection().close();
    });
    request.resume();
  }

  /** Counts a body as it arrives, whatever its sender said of its length. */
  @ServerRequestFilter
  public void count(ResteasyReactiveContainerRequestContext request, RoutingContext context) {
    var method = request.getMethod();
    if (method.equals("GET") || method.equals("HEAD")) return;
    var path = request.getUriInfo().getPath();
    var body =
        new Body(
            request.getEntityStream(),
            context.request(),
            path,
            of(method, path),
            isStreamed(method, path));
    request.setEntityStream(body);
    request.getServerRequestContext().registerCompletionCallback(_ -> body.release());
  }

  private final class Body extends FilterInputStream {
    private final HttpServerRequest request;
    private final String path;
    private final long limit;
    private final boolean streamed;
    private final AtomicLong mine = new AtomicLong();
    private long count;

    Body(InputStream in, HttpServerRequest request, String path, long limit, boolean streamed) {
      super(in);
      this.request = request;
      this.path = path;
      this.limit = limit;
      this.streamed = streamed;
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
      if (count > limit) throw refused(new TooLarge(message(path, limit)));
      if (streamed) return;
      mine.addAndGet(bytes);
      if (!documents.hold(bytes))
        throw refused(
            new Unavailable(
                "the bodies of all requests at once may have %d bytes: try again, with fewer requests at a time"
                    .formatted(documents.atOnce())));
    }

    private Failure refused(Failure failure) {
      release();
      discardRest(request);
      return failure;
    }

    void release() {
      documents.release(mine.getAndSet(0));
    }
  }
}
