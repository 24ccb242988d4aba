package io.millrace.artifacts;

import io.millrace.base.Digest;
import java.util.Collection;

/**
 * Names the blobs that somebody relies on; rooms that keep digests answer. A scan reports those
 * that are gone.
 */
public interface References {
  Collection<Digest> held();
}
