package io.millrace.serving;

import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import java.util.List;
import java.util.Set;

/** The use of an endpoint's model for one request: it stays the same model until closed, once. */
public interface Lease extends AutoCloseable {
  Deployment deployment();

  Signature signature();

  /** The protections that its package lacks, each with what that means. */
  List<String> missing();

  /** Answers with the outputs named, in the model's order; with all where none is named. */
  List<Tensor> run(List<Tensor> inputs, Set<String> outputs);

  @Override
  void close();
}
