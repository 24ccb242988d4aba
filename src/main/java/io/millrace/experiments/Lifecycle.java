package io.millrace.experiments;

/** Whether something is shown, or was deleted and can be restored. */
public enum Lifecycle {
  ACTIVE,
  DELETED
}
