package io.millrace.experiments.mlflow;

import io.millrace.artifacts.Manifest;
import io.millrace.base.InvalidInput;
import java.util.regex.Pattern;

/**
 * Paths of files as clients name them. They are keys of a table, never resolved on a disk; all the
 * same, what would lead out of a folder once decoded, however often, is refused, since clients
 * resolve them on theirs.
 */
public final class ArtifactPath {
  private static final Pattern CONTROL = Pattern.compile("[\\x01-\\x1f\\x7f-\\x9f]");
  private static final String UPLOADING = ".artifact.uploading.";

  private ArtifactPath() {}

  /** The path that a URL's raw path names: decoded once. Empty only where that is allowed. */
  static String ofUrl(String raw) {
    var decoded = Locations.once(raw);
    // Clients send some names as they are: what decodes to no text is such a name.
    return checked(decoded.indexOf('\uFFFD') >= 0 && !raw.contains("%EF%BF%BD") ? raw : decoded);
  }

  /** A path from a query or a body, decoded already. */
  public static String checked(String path) {
    if (path.isEmpty()) return path;
    check(path);
    var decoded = Locations.decoded(path, "path");
    // Names such as im%step%2%timestamp%1795 decode to control characters, which lead nowhere.
    if (!decoded.equals(path)) check(CONTROL.matcher(decoded).replaceAll("_"));
    return path;
  }

  private static void check(String path) {
    if (path.indexOf('#') >= 0 || path.matches("[A-Za-z]:.*") || path.contains("\\"))
      throw invalid(path);
    try {
      Manifest.check(path);
    } catch (InvalidInput e) {
      throw invalid(path);
    }
    for (var part : path.split("/"))
      if (part.startsWith(UPLOADING) || part.replaceFirst(";.*", "").strip().matches("\\.+"))
        throw invalid(path);
  }

  private static InvalidInput invalid(String path) {
    return new InvalidInput(
        "Invalid path: \"%s\"; expected a relative path with / between its parts, none of them empty, \".\" or \"..\", no backslash, # or control character"
            .formatted(path.length() > 200 ? path.substring(0, 200) + "..." : path));
  }

  /** The root and the path below it. */
  public static String below(String root, String path) {
    return path.isEmpty() ? root : root.isEmpty() ? path : root + "/" + path;
  }
}
