package io.millrace.definitions;

import io.millrace.base.Digest;
import io.millrace.base.Snapshot;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * The files of a project as they were applied last, for rooms whose definitions name other files.
 */
public final class ProjectTexts {
  private final ProjectStore store = new ProjectStore();

  /** The names of all projects. */
  public List<String> names(Snapshot snapshot) {
    return store.list(snapshot).stream().map(Project::name).toList();
  }

  /** By path; empty for a project that does not exist. */
  public SortedMap<String, String> of(Snapshot snapshot, String project) {
    return store.texts(snapshot, project);
  }

  /** A file of that content in any project. */
  public Optional<String> find(Snapshot snapshot, Digest digest) {
    return store.text(snapshot, digest);
  }
}
