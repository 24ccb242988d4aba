package io.millrace.artifacts;

/** Told how far a scan has come; called by the scanning thread, after each blob. */
@FunctionalInterface
public interface ProgressListener {
  void progress(long blobs, long bytes);

  /** Listens to nothing. */
  static ProgressListener none() {
    return (_, _) -> {};
  }
}
