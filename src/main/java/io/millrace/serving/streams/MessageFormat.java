package io.millrace.serving.streams;

import io.millrace.base.InvalidInput;
import io.millrace.models.Signature;
import io.millrace.serving.InferAnswer;
import io.millrace.serving.InferRequest;

/** How the values of records are read, and answers written. Thread-safe. */
public interface MessageFormat {
  /**
   * @throws InvalidInput if it is nothing that the model could be asked
   */
  InferRequest read(byte[] value, Signature signature);

  byte[] write(InferAnswer answer);
}
