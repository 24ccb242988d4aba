package io.millrace.models;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.base.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The models that were not made here, and the rows that their training libraries answered. */
final class ForeignModels {
  static final List<String> NAMES = List.of("titanic_logreg", "diamonds_mlp", "digits_cnn");

  private ForeignModels() {}

  static byte[] file(String name) {
    try (var in =
        Objects.requireNonNull(ForeignModels.class.getResourceAsStream("/models/" + name))) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] onnx(String name) {
    return file(name + ".onnx");
  }

  static JsonNode cases(String name) {
    return Json.read(file(name + ".cases.json"), JsonNode.class);
  }

  static List<Tensor> tensors(JsonNode array) {
    var tensors = new ArrayList<Tensor>();
    array.forEach(tensor -> tensors.add(TensorJson.read(tensor)));
    return tensors;
  }

  static List<Tensor> inputs(String name) {
    return tensors(cases(name).path("request").path("inputs"));
  }

  static List<Tensor> expected(String name) {
    return tensors(cases(name).path("response").path("outputs"));
  }
}
