package io.millrace.experiments.mlflow;

import io.millrace.artifacts.Artifacts;
import io.millrace.base.Digest;
import jakarta.ws.rs.core.Response;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.PathPart;
import org.jspecify.annotations.Nullable;

/** Files as downloads: never shown by a browser as a page of this server's. */
public final class Downloads {
  private static final Set<String> TEXTS =
      Set.of(
          "txt", "log", "yaml", "yml", "json", "js", "py", "csv", "tsv", "md", "xml", "html", "sql",
          "cfg", "conf", "toml");
  private static final Map<String, String> TYPES =
      Map.of(
          "png", "image/png",
          "jpg", "image/jpeg",
          "jpeg", "image/jpeg",
          "gif", "image/gif",
          "webp", "image/webp",
          "pdf", "application/pdf",
          "gz", "application/gzip",
          "zip", "application/zip");
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

  private Downloads() {}

  /**
   * @param range the header of that name, or null; only one range is served, others get the whole
   */
  public static Response of(
      Artifacts artifacts, String name, Digest digest, long size, @Nullable String range) {
    var wanted = range == null ? Optional.<long[]>empty() : range(range, size);
    if (range != null && wanted.isEmpty() && RANGE.matcher(range).matches())
      return headers(Response.status(416), name, digest)
          .header("Content-Range", "bytes */" + size)
          .build();
    if (wanted.isEmpty()) {
      var file = artifacts.fileToSend(digest, 0, size).toFile();
      return headers(Response.ok(file), name, digest).build();
    }
    long from = wanted.get()[0];
    long to = wanted.get()[1];
    var file = artifacts.fileToSend(digest, from, to + 1);
    return headers(
            Response.status(206).entity(new PathPart(file, from, to - from + 1)), name, digest)
        .header("Content-Range", "bytes %d-%d/%d".formatted(from, to, size))
        .build();
  }

  /** As of, without the content. */
  static Response head(String name, Digest digest, long size) {
    return headers(Response.ok(), name, digest).header("Content-Length", size).build();
  }

  private static Optional<long[]> range(String text, long size) {
    var matcher = RANGE.matcher(text);
    if (!matcher.matches() || size == 0) return Optional.empty();
    var from = matcher.group(1);
    var to = matcher.group(2);
    if (from.isEmpty() && to.isEmpty()) return Optional.empty();
    long first = from.isEmpty() ? Math.max(0, size - Long.parseLong(to)) : Long.parseLong(from);
    long last = from.isEmpty() || to.isEmpty() ? size - 1 : Math.min(size - 1, Long.parseLong(to));
    return first > last ? Optional.empty() : Optional.of(new long[] {first, last});
  }

  private static Response.ResponseBuilder headers(
      Response.ResponseBuilder answer, String name, Digest digest) {
    return answer
        .type(type(name))
        .header("Content-Disposition", disposition(name))
        .header("Content-Security-Policy", "sandbox; default-src 'none'")
        .header("Accept-Ranges", "bytes")
        .header("ETag", "\"" + digest.hex() + "\"");
  }

  private static String type(String name) {
    if (name.equals("MLmodel") || name.equals("MLproject")) return "text/plain";
    var ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    if (TEXTS.contains(ending)) return "text/plain";
    return TYPES.getOrDefault(ending, "application/octet-stream");
  }

  private static String disposition(String name) {
    if (name.chars().allMatch(c -> c >= ' ' && c < 127 && c != '"' && c != '\\'))
      return "attachment; filename=\"" + name + "\"";
    return "attachment; filename*=UTF-8''"
        + URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
