package io.millrace.serving.oip;

import io.millrace.base.InvalidInput;
import io.millrace.base.Names;
import io.millrace.models.Signature;
import io.millrace.serving.RequestedOutput;
import java.util.ArrayList;
import java.util.List;

/** Gathers the outputs that a request names: each one that the model has, and only once. */
final class RequestedOutputs {
  private final Signature signature;
  private final List<RequestedOutput> wanted = new ArrayList<>();

  RequestedOutputs(Signature signature) {
    this.signature = signature;
  }

  void add(String name, Parameters parameters) {
    if (signature.findOutput(name).isEmpty()) {
      throw new InvalidInput(
          "the model has no output \"%s\"%s"
              .formatted(name, Names.suggestion(name, signature.outputNames())));
    }
    for (var output : wanted) {
      if (output.name().equals(name))
        throw new InvalidInput("output \"%s\" is requested twice".formatted(name));
    }
    wanted.add(
        new RequestedOutput(name, parameters.flag(Parameters.BINARY_DATA), parameters.classes()));
  }

  List<RequestedOutput> list() {
    return wanted;
  }
}
