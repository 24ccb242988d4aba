package io.millrace.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Glob;
import io.millrace.base.InvalidInput;
import io.millrace.base.Json;
import io.millrace.base.NotFound;
import io.millrace.base.TooLarge;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A project's folder on this machine: its definitions as text, and the data files they name. */
final class ProjectFolder {
  private static final Set<String> FOLDERS =
      Set.of(
          "datasets", "features", "queries", "contracts", "components", "pipelines", "endpoints");
  private static final long MOST_TEXT = 1 << 20;

  /** What Python leaves beside its sources. */
  private static final String COMPILED = "__pycache__/";

  private final Path folder;
  private final TreeMap<String, String> texts = new TreeMap<>();

  ProjectFolder(Path given) {
    folder = given.toAbsolutePath().normalize();
    if (!Files.isDirectory(folder))
      throw new NotFound("folder", folder, "a project is a folder with a millrace.yaml in it");
    if (!Files.isRegularFile(folder.resolve("millrace.yaml"))) {
      throw new NotFound(
          "file",
          folder.resolve("millrace.yaml"),
          "a project's folder has one; make a project with `./millrace init`");
    }
    read("millrace.yaml");
    for (var name : FOLDERS) {
      if (!Files.isDirectory(folder.resolve(name))) continue;
      for (var file : Uploads.files(folder, folder.resolve(name))) {
        var path = Uploads.relative(folder, file);
        if (!path.contains(COMPILED)) read(path);
      }
    }
  }

  /** Reads the files that definitions name by patterns. */
  private void readNamed(Api api) {
    var body = Json.object();
    body.set("texts", Json.tree(texts));
    for (var pattern : api.post("/api/v1/projects/patterns", body).path("patterns")) {
      var glob = new Glob(pattern.asText());
      var below = folder.resolve(glob.folder());
      if (!Files.isDirectory(below)) continue;
      for (var file : Uploads.files(folder, below)) {
        var path = Uploads.relative(folder, file);
        if (glob.matches(path) && !path.contains(COMPILED) && !texts.containsKey(path)) read(path);
      }
    }
  }

  private void read(String name) {
    var file = folder.resolve(name);
    Uploads.checkLinks(folder, file);
    try {
      if (Files.size(file) > MOST_TEXT)
        throw new TooLarge(
            "%s has %,d bytes; a definition may have %,d"
                .formatted(file, Files.size(file), MOST_TEXT));
      texts.put(name, Files.readString(file));
    } catch (CharacterCodingException e) {
      throw new InvalidInput(
          "%s is not UTF-8 text; definitions, and the files they name, are".formatted(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes another file in, as if it lay in that folder of the project. */
  void add(String folder, Path file) {
    if (!Files.isRegularFile(file)) throw new NotFound("file", file);
    texts.put(folder + "/" + file.getFileName(), Texts.read(file));
  }

  /** The definitions alone, with the files that they name. */
  ObjectNode definitions(Api api) {
    readNamed(api);
    var body = Json.object();
    body.set("texts", Json.tree(texts));
    return body;
  }

  /** The paths of all data files, each below the project's folder. */
  List<String> data(Api api) {
    var body = Json.object();
    body.set("texts", Json.tree(texts));
    var paths = new ArrayList<String>();
    for (var source : api.post("/api/v1/projects/sources", body).properties())
      for (var file : files(source.getKey(), source.getValue().asText()))
        paths.add(Uploads.relative(folder, file.path()));
    return paths;
  }

  /**
   * The body of plan and apply: definitions, and every data file's digest. Uploads what the server
   * lacks, if asked.
   */
  ObjectNode body(Api api, boolean upload, Consumer<String> progress) {
    return body(api, upload, progress, _ -> true);
  }

  /**
   * As the other.
   *
   * @param taken whether a data file, by its path below the project's folder, is there
   */
  ObjectNode body(Api api, boolean upload, Consumer<String> progress, Predicate<String> taken) {
    var body = definitions(api);
    var wanted = api.post("/api/v1/projects/sources", body.deepCopy());
    var sources = body.putObject("sources");
    for (var source : wanted.properties()) {
      var files = sources.putObject(source.getKey());
      for (var file : files(source.getKey(), source.getValue().asText())) {
        if (!taken.test(Uploads.relative(folder, file.path()))) continue;
        var digest =
            upload
                ? Uploads.upload(api, file.path(), Uploads.relative(folder, file.path()), progress)
                : Uploads.digest(file.path());
        files.put(file.name(), digest.hex());
      }
    }
    return body;
  }

  private record Source(String name, Path path) {}

  private List<Source> files(String definition, String source) {
    var path = folder.resolve(source).normalize();
    if (!path.startsWith(folder)) {
      throw new InvalidInput(definition + ": source", source, "a path inside the project's folder");
    }
    Uploads.checkLinks(folder, path);
    if (Files.isRegularFile(path)) return List.of(new Source(path.getFileName().toString(), path));
    if (!Files.isDirectory(path))
      throw new NotFound("file or folder", path, "the source of " + definition + " names it");
    return Uploads.files(folder, path).stream()
        .map(f -> new Source(Uploads.relative(path, f), f))
        .toList();
  }
}
