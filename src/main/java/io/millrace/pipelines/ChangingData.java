package io.millrace.pipelines;

import io.millrace.base.Digest;
import io.millrace.base.Snapshot;
import io.millrace.definitions.ProjectFiles;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Says which datasets would have other content once a project's files are applied. */
public interface ChangingData {
  /**
   * @param now null of a dataset that is new
   * @param after null where it is known only when the files are converted
   */
  record Content(@Nullable Digest now, @Nullable Digest after) {}

  /** By the dataset's name, which is the role of its pin; none where the content stays. */
  Map<String, Content> of(Snapshot snapshot, ProjectFiles files);
}
