package io.millrace.pipelines;

import io.millrace.base.Digest;
import java.util.List;

/**
 * Commits that came to a branch of a repository.
 *
 * @param paths the files that they added, changed or removed
 * @param digest of the message that told of it, which is the same when it is told again
 */
record Push(String repository, String branch, String commit, List<String> paths, Digest digest) {
  Push {
    paths = List.copyOf(paths);
  }
}
