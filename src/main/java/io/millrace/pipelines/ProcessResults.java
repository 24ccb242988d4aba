package io.millrace.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.millrace.artifacts.Artifacts;
import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.Names;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a command left in its folder for outputs, checked against what it declared, and stored. */
final class ProcessResults {
  private static final String VALUES = "values.json";
  private static final long MOST_VALUES = 1 << 20;
  private static final byte[] PARQUET = "PAR1".getBytes(StandardCharsets.US_ASCII);

  private final Path folder;
  private final Artifacts artifacts;
  private final Map<String, JsonNode> metrics = new LinkedHashMap<>();

  /** The outputs, and what the metrics among them hold. */
  record Collected(Outputs outputs, Map<String, JsonNode> metrics) {}

  ProcessResults(Path folder, Artifacts artifacts) {
    this.folder = folder;
    this.artifacts = artifacts;
  }

  Collected collect(List<Component.Output> declared) throws IOException {
    var told = told(declared);
    var refs = new LinkedHashMap<String, ArtifactRef>();
    var values = new LinkedHashMap<String, JsonNode>();
    for (var output : declared) {
      if (output.type().isArtifact()) refs.put(output.name(), artifact(output));
      else values.put(output.name(), value(output, told));
    }
    return new Collected(new Outputs(refs, values), metrics);
  }

  /** What values.json says. */
  private Map<String, JsonNode> told(List<Component.Output> declared) throws IOException {
    var file = folder.resolve(VALUES);
    var told = new LinkedHashMap<String, JsonNode>();
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) return told;
    var json = json(file);
    if (!json.isObject())
      throw new InvalidInput(
          "%s: got %s, expected an object {NAME: VALUE}".formatted(VALUES, json.getNodeType()));
    var names =
        declared.stream().filter(o -> !o.type().isArtifact()).map(Component.Output::name).toList();
    json.properties()
        .forEach(e -> {
          if (!names.contains(e.getKey()))
            throw new InvalidInput(
                "%s: \"%s\" is no value that the step declares under outputs%s"
                    .formatted(VALUES, e.getKey(), Names.suggestion(e.getKey(), names)));
          told.put(e.getKey(), e.getValue());
        });
    return told;
  }

  private JsonNode value(Component.Output output, Map<String, JsonNode> told) throws IOException {
    var value = told.get(output.name());
    if (value == null) {
      var file = found(output, "values.json with \"%s\" in it".formatted(output.name()));
      if (Files.isDirectory(file)) throw wrong(output, "a folder", "a file with the value");
      value = read(output.type(), text(file).strip());
    }
    if (!ValueChecks.fits(output.type(), value))
      throw wrong(output, value.toString(), ValueChecks.expected(output.type()));
    return value;
  }

  /** A text as a file holds it. */
  private static JsonNode read(ValueType type, String text) {
    if (type == ValueType.TEXT || type == ValueType.DATE) return TextNode.valueOf(text);
    try {
      return Json.parse(text);
    } catch (Failure e) {
      return TextNode.valueOf(text);
    }
  }

  private ArtifactRef artifact(Component.Output output) throws IOException {
    var found = found(output, null);
    boolean isFolder = Files.isDirectory(found);
    var digest =
        switch (output.type()) {
          case BLOB -> {
            if (isFolder) throw wrong(output, "a folder", "a file; declare it as Folder");
            yield artifacts.putFile(found);
          }
          case REPORT, METRICS -> {
            if (isFolder) throw wrong(output, "a folder", "a JSON file");
            check(output, json(found));
            yield artifacts.putFile(found);
          }
          case MODEL, MODELS, FOLDER -> {
            if (!isFolder) throw wrong(output, "a file", "a folder; declare it as File");
            yield artifacts.putDirectory(found);
          }
          case DATASET -> artifacts.putDirectory(dataset(output, found));
          case TEXT, INTEGER, NUMBER, BOOLEAN, DATE, LIST, MAP, FILE, ANY ->
              throw new IllegalStateException(output.type() + " is no artifact");
        };
    return new ArtifactRef(output.type(), digest);
  }

  private void check(Component.Output output, JsonNode json) {
    if (!json.isObject()) throw wrong(output, json.getNodeType().name(), "a JSON object");
    if (output.type() != ValueType.METRICS) return;
    json.properties()
        .forEach(e -> {
          if (!ValueChecks.fits(ValueType.NUMBER, e.getValue()))
            throw wrong(
                output, "%s of \"%s\"".formatted(e.getValue(), e.getKey()), "finite numbers only");
          metrics.put(e.getKey(), e.getValue());
        });
  }

  /** A folder of Parquet files; one file becomes a folder with that file in it. */
  private Path dataset(Component.Output output, Path found) throws IOException {
    var data = found;
    if (!Files.isDirectory(found)) {
      data = Files.createTempDirectory(folder, ".dataset");
      Files.move(found, data.resolve("data.parquet"));
    }
    try (var files = Files.walk(data)) {
      var all = files.filter(Files::isRegularFile).sorted().toList();
      if (all.isEmpty()) throw wrong(output, "an empty folder", "Parquet files");
      for (var file : all)
        if (!isParquet(file))
          throw wrong(
              output,
              "%s, which is no Parquet file".formatted(folder.relativize(file)),
              "Parquet files only");
    }
    return data;
  }

  private static boolean isParquet(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(PARQUET.length), PARQUET);
    }
  }

  /** NAME, or the only NAME.ANYTHING. */
  private Path found(Component.Output output, @Nullable String or) {
    var exact = folder.resolve(output.name());
    var found =
        Files.exists(exact, LinkOption.NOFOLLOW_LINKS) ? exact : extended(output).orElse(null);
    if (found == null) {
      var expected = or == null ? "" : " nor " + or;
      throw new InvalidInput(
          "the output \"%s\" (%s) is missing: the command wrote no $MILLRACE_OUTPUTS/%s%s; in %s there %s"
              .formatted(
                  output.name(), output.type().text(), output.name(), expected, folder, listed()));
    }
    if (Files.isSymbolicLink(found)) throw wrong(output, "a link", "the file or folder itself");
    return found;
  }

  private Optional<Path> extended(Component.Output output) {
    var found =
        list().stream()
            .filter(path -> path.getFileName().toString().startsWith(output.name() + "."))
            .toList();
    if (found.size() > 1)
      throw wrong(
          output,
          String.join(" and ", found.stream().map(p -> p.getFileName().toString()).toList()),
          "one of them");
    return found.stream().findFirst();
  }

  private List<Path> list() {
    var all = new ArrayList<Path>();
    try (var stream = Files.newDirectoryStream(folder)) {
      stream.forEach(all::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    all.sort(null);
    return all;
  }

  private String listed() {
    var names =
        list().stream().map(p -> p.getFileName() + (Files.isDirectory(p) ? "/" : "")).toList();
    return names.isEmpty() ? "is nothing" : "is: " + Names.some(names);
  }

  private static InvalidInput wrong(Component.Output output, String got, String expected) {
    return new InvalidInput(
        "the output \"%s\" (%s): got %s, expected %s"
            .formatted(output.name(), output.type().text(), got, expected));
  }

  private JsonNode json(Path file) throws IOException {
    try {
      return Json.parse(text(file));
    } catch (InvalidInput e) {
      throw new InvalidInput("%s: %s".formatted(folder.relativize(file), e.getMessage()));
    }
  }

  private String text(Path file) throws IOException {
    if (Files.size(file) > MOST_VALUES)
      throw new InvalidInput(
          "%s has %,d bytes, expected at most %,d"
              .formatted(folder.relativize(file), Files.size(file), MOST_VALUES));
    return Files.readString(file);
  }
}
