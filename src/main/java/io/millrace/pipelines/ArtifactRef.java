package io.millrace.pipelines;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Digest;
import java.util.Map;

/** An artifact of a known type by its content. */
public record ArtifactRef(ValueType type, Digest digest) {
  /** Writes each as {"type": TYPE, "digest": DIGEST} under its name. */
  static void write(Map<String, ArtifactRef> refs, ObjectNode into) {
    refs.forEach((name, ref) ->
        into.putObject(name).put("type", ref.type().name()).put("digest", ref.digest().hex()));
  }
}
