package io.millrace.pipelines;

import io.millrace.base.Names;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The files of a project that a command gets.
 *
 * @param folder the folder of the project that they are given relative to, as "components/NAME/",
 *     or "" for the project's own
 * @param texts by their path in the project
 */
record ProjectFileSet(String folder, SortedMap<String, String> texts) {
  ProjectFileSet {
    texts = Collections.unmodifiableSortedMap(new TreeMap<>(texts));
  }

  static ProjectFileSet of(ProcessDefinition process, Map<String, String> project) {
    return of("", process, project);
  }

  /** InvalidInput with the place of a pattern that matches nothing. */
  static ProjectFileSet of(String folder, ProcessDefinition process, Map<String, String> project) {
    var texts = new TreeMap<String, String>();
    for (var pattern : process.files()) {
      var glob = ProcessParser.glob(pattern);
      boolean known = false;
      for (var file : project.entrySet()) {
        if (!file.getKey().startsWith(folder)
            || !glob.matches(file.getKey().substring(folder.length()))) continue;
        known = true;
        texts.put(file.getKey(), file.getValue());
      }
      if (!known)
        throw pattern.invalid(
            "files: the project has no file \"%s\"%s"
                .formatted(
                    folder + pattern.text(),
                    Names.nearest(folder + pattern.text(), project.keySet())
                        .map("; did you mean \"%s\"?"::formatted)
                        .orElse(
                            "; put it there, and see that it is a text whose name and folders do not begin with a dot")));
    }
    return new ProjectFileSet(folder, texts);
  }

  /** By the path where the command finds them. */
  Map<String, String> laidOut() {
    var files = new TreeMap<String, String>();
    texts.forEach((path, text) -> files.put(path.substring(folder.length()), text));
    return files;
  }
}
