package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Digest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The identity of a step: the digest of everything that went into it, and of nothing else (no
 * names, no timeouts, no places). Two steps of equal keys do the same.
 */
record StepKey(Digest digest, JsonNode parts) {
  static final String FORMAT = "millrace-step-1";

  /**
   * @param program the digest of the program's own code
   * @param pins what the component reads beside its inputs, by role
   * @param space the part of the cache that the key is of; null means that of runs that count
   */
  static StepKey of(
      Component component,
      String program,
      Given given,
      Map<String, ArtifactRef> pins,
      @Nullable String space) {
    return of(
        component.identity().isPresent() ? null : component.name(),
        component.identity().orElseGet(() -> Json.tree(program)),
        given.values(),
        given.fileDigests(),
        given.artifacts(),
        pins,
        space);
  }

  /**
   * @param component its name, or null where it is known by what it is
   * @param program what does the work: the digest of the program's own code, or a description
   * @param files the content of FILE inputs, by input name, and of the files the component brings
   * @param pins what the component reads beside its inputs, by role
   */
  static StepKey of(
      @Nullable String component,
      JsonNode program,
      Map<String, JsonNode> values,
      Map<String, Digest> files,
      Map<String, ArtifactRef> artifacts,
      Map<String, ArtifactRef> pins,
      @Nullable String space) {
    var parts = Json.object();
    parts.put("format", FORMAT);
    if (space != null) parts.put("space", space);
    if (component != null) parts.put("component", component);
    parts.set("program", program);
    var given = parts.putObject("values");
    values.forEach((name, value) -> {
      if (!files.containsKey(name)) given.set(name, finite(name, value));
    });
    var contents = parts.putObject("files");
    files.forEach((name, digest) -> contents.put(name, digest.hex()));
    ArtifactRef.write(artifacts, parts.putObject("artifacts"));
    ArtifactRef.write(pins, parts.putObject("pins"));
    return new StepKey(Digest.of(Json.canonical(parts)), parts);
  }

  /** A number without a canonical form would make a key that lies. */
  private static JsonNode finite(String name, JsonNode value) {
    if (value.isFloatingPointNumber() && !Double.isFinite(value.doubleValue()))
      throw new InvalidInput("value of " + name, value, "a finite number");
    if (value.isPojo() || value.isBinary())
      throw new InvalidInput("value of " + name, value.getNodeType(), "plain JSON");
    value.forEach(inner -> finite(name, inner));
    return value;
  }
}
