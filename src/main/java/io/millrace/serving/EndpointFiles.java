package io.millrace.serving;

import io.millrace.base.Snapshot;
import io.millrace.base.Transaction;
import java.util.List;
import java.util.Optional;

/** Which endpoints are defined by files, and what these say of their models. */
public final class EndpointFiles {
  private final EndpointFileStore store = new EndpointFileStore();

  public Optional<EndpointFile> find(Snapshot s, EndpointName name) {
    return store.find(s, name);
  }

  /** Those of a project, by name. */
  public List<EndpointFile> list(Snapshot s, String project) {
    return store.list(s, project);
  }

  public void put(Transaction tx, EndpointFile file) {
    store.replace(tx, file);
  }

  /** The endpoint may be changed by hand again. */
  public void release(Transaction tx, EndpointName name) {
    store.delete(tx, name);
  }
}
