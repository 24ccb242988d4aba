package io.millrace.experiments.mlflow;

import io.millrace.base.InvalidInput;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Checks URIs that clients name as places of files. This server opens none of them: they are kept
 * and given back. What could mislead a client, or pretend to be this server's own store, is
 * refused.
 */
public final class Locations {
  private static final int LONGEST = 2_048;
  private static final Pattern STRAY = Pattern.compile("%(?![0-9a-fA-F]{2})");
  private static final Set<String> CLOUDS =
      Set.of("s3", "gs", "wasb", "wasbs", "dbfs", "mlflow-artifacts");
  private static final Set<String> HOSTED =
      Set.of("ftp", "sftp", "hdfs", "viewfs", "http", "https", "r2", "b2", "abfss", "abfs");

  private Locations() {}

  /** The URI as it came, if it may be kept. */
  public static String checked(String uri, String where) {
    if (uri.length() > LONGEST)
      throw new InvalidInput(
          "'%s' exceeds the maximum length of %d characters".formatted(where, LONGEST));
    var decoded = decoded(uri, where);
    if (decoded.chars().anyMatch(c -> Character.isISOControl(c) || c == '\\'))
      throw invalid(where, uri, "no backslash and no control character");
    if (uri.indexOf('#') >= 0
        || uri.indexOf('?') >= 0
        || decoded.indexOf('#') >= 0
        || decoded.indexOf('?') >= 0
        || decoded.indexOf(';') >= 0) throw invalid(where, uri, "no query, fragment or parameters");
    for (var part : decoded.split("/", -1))
      if (part.equals("..")) throw invalid(where, uri, "no \"..\"");
    int colon = uri.indexOf(':');
    var scheme = colon < 0 ? "" : uri.substring(0, colon).toLowerCase(Locale.ROOT);
    if (HOSTED.contains(scheme) || uri.toLowerCase(Locale.ROOT).startsWith("mlflow-artifacts://"))
      throw new InvalidInput(
          "'%s' cannot use the '%s' scheme: it names a host, which clients of this server would be sent to; use mlflow-artifacts:/ or leave it out"
              .formatted(where, scheme));
    if (!CLOUDS.contains(scheme))
      throw invalid(
          where,
          uri,
          "a URI of s3, gs, wasbs, dbfs or mlflow-artifacts; local paths of the server are refused");
    return uri;
  }

  /** Decoded until it does not change. */
  public static String decoded(String text, String where) {
    var now = text;
    for (int round = 0; round < 8; round++) {
      var next = once(now);
      if (next.equals(now)) return now;
      now = next;
    }
    throw invalid(where, text, "at most eight layers of percent-encoding");
  }

  /** Decoded once; a percent sign that begins no escape stands for itself, as does a plus. */
  static String once(String text) {
    var escaped = STRAY.matcher(text.replace("+", "%2B")).replaceAll("%25");
    return URLDecoder.decode(escaped, StandardCharsets.UTF_8);
  }

  private static InvalidInput invalid(String where, String got, String expected) {
    return new InvalidInput(
        "Invalid value \"%s\" for parameter '%s' supplied: expected %s"
            .formatted(got.length() > 200 ? got.substring(0, 200) + "..." : got, where, expected));
  }
}
