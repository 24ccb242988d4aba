package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.artifacts.Entry;
import io.millrace.artifacts.Manifest;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import java.util.HashMap;
import java.util.List;
import java.util.TreeMap;

/**
 * What instances gave, put together: of a value the list in their order, of an artifact one
 * directory with each at its index. No blob is copied, since a directory is a list of digests.
 */
final class Gathered {
  private static final int MOST_FILES = 200_000;

  private Gathered() {}

  /** An output of instances as others see it. */
  static Component.Output output(Component.Output of) {
    return new Component.Output(of.name(), type(of.type()), of.meaning() + ", of each instance");
  }

  /** Rows of several datasets are one dataset. */
  private static ValueType type(ValueType of) {
    return switch (of) {
      case DATASET -> ValueType.DATASET;
      case MODEL -> ValueType.MODELS;
      case MODELS, REPORT, METRICS, BLOB, FOLDER -> ValueType.FOLDER;
      case TEXT, INTEGER, NUMBER, BOOLEAN, DATE, LIST, MAP, FILE, ANY -> ValueType.LIST;
    };
  }

  /**
   * @param declared the outputs of each
   * @param each what they gave; one that was skipped gave nothing, and stands as null in lists
   * @param isKept whether directories are stored, or only told by digest
   */
  static Outputs of(
      Artifacts artifacts, List<Component.Output> declared, List<Outputs> each, boolean isKept) {
    var refs = new HashMap<String, ArtifactRef>();
    var values = new HashMap<String, JsonNode>();
    for (var output : declared) {
      var name = output.name();
      if (output.type().isArtifact()) {
        var manifest = directory(artifacts, name, each);
        refs.put(
            name,
            new ArtifactRef(
                type(output.type()), isKept ? artifacts.put(manifest) : manifest.digest()));
      } else {
        var list = Json.array();
        for (var one : each) list.add(one.values().getOrDefault(name, NullNode.getInstance()));
        values.put(name, list);
      }
    }
    return new Outputs(refs, values, each);
  }

  private static Manifest directory(Artifacts artifacts, String output, List<Outputs> each) {
    var entries = new TreeMap<String, Entry>();
    for (int i = 0; i < each.size(); i++) {
      var ref = each.get(i).artifacts().get(output);
      if (ref == null) continue;
      int index = i;
      if (ref.type().isDirectory())
        artifacts
            .manifest(ref.digest())
            .entries()
            .forEach((path, entry) -> entries.put(index + "/" + path, entry));
      else entries.put(String.valueOf(i), new Entry(ref.digest(), artifacts.size(ref.digest())));
      if (entries.size() > MOST_FILES)
        throw new InvalidInput(
            "output \"%s\": the instances gave more than %,d files together; let each give fewer, as one archive"
                .formatted(output, MOST_FILES));
    }
    return Manifest.of(entries);
  }
}
