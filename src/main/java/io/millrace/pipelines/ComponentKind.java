package io.millrace.pipelines;

import io.millrace.base.InvalidInput;
import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import io.millrace.definitions.Change;
import io.millrace.definitions.Kind;
import io.millrace.definitions.ProjectFiles;
import io.millrace.definitions.ProjectTexts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;

/** The folders {@code components/NAME}. They are kept as the project's texts and nowhere else. */
final class ComponentKind implements Kind {
  private final ProjectTexts projects = new ProjectTexts();

  @Override
  public String folder() {
    return "components";
  }

  @Override
  public Function<Snapshot, List<Change>> plan(ProjectFiles files) {
    check(files);
    return snapshot -> changes(projects.of(snapshot, files.project()), files.texts());
  }

  private static void check(ProjectFiles files) {
    var names = ComponentParser.names(files.texts());
    for (var path : files.texts().keySet()) {
      if (!path.startsWith(ComponentParser.FOLDER) || !path.endsWith(".yaml")) continue;
      var below = path.substring(ComponentParser.FOLDER.length());
      if (!below.contains("/") || !names.contains(below.substring(0, below.indexOf('/'))))
        throw new InvalidInput(
            "%s: a component is a folder components/NAME with a %s in it"
                .formatted(path, ComponentParser.FILE));
    }
    names.forEach(name -> ComponentParser.parse(name, files.texts()));
  }

  private static List<Change> changes(Map<String, String> before, Map<String, String> now) {
    var changes = new ArrayList<Change>();
    var names = new TreeSet<>(ComponentParser.names(before));
    names.addAll(ComponentParser.names(now));
    for (var name : names) changes.add(change(name, below(name, before), below(name, now)));
    return changes;
  }

  private static Change change(String name, Map<String, String> before, Map<String, String> now) {
    var file = ComponentParser.FOLDER + name + "/" + ComponentParser.FILE;
    if (!now.containsKey(file))
      return new Change(
          "component", name, Change.Action.DELETE, "its file %s is gone".formatted(file));
    var action =
        !before.containsKey(file)
            ? Change.Action.CREATE
            : before.equals(now) ? Change.Action.UNCHANGED : Change.Action.UPDATE;
    return new Change("component", name, action, "%d files".formatted(now.size()));
  }

  private static Map<String, String> below(String name, Map<String, String> texts) {
    var below = new TreeMap<>(texts);
    below.keySet().removeIf(path -> !path.startsWith(ComponentParser.FOLDER + name + "/"));
    return below;
  }

  @Override
  public Consumer<Transaction> prepare(ProjectFiles files) {
    check(files);
    return _ -> {
      // The project's texts are all there is of them.
    };
  }
}
