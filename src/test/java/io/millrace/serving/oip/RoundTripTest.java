package io.millrace.serving.oip;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.base.Json;
import io.millrace.models.DataType;
import io.millrace.models.Field;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import io.millrace.registry.ModelName;
import io.millrace.registry.VersionId;
import io.millrace.serving.EndpointName;
import io.millrace.serving.InferAnswer;
import io.millrace.serving.InferRequest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is written as an answer, sent back as a request, is the same tensor to the bit. */
class RoundTripTest {
  private static final int ROUNDS = 500;

  @ParameterizedTest
  @EnumSource(DataType.class)
  void jsonKeepsEveryTensor(DataType datatype) {
    everyTensorIsKept(datatype, Map.of());
  }

  @ParameterizedTest
  @EnumSource(DataType.class)
  void bytesKeepEveryTensor(DataType datatype) {
    everyTensorIsKept(datatype, Map.of(Parameters.BINARY_DATA_OUTPUT, true));
  }

  private static void everyTensorIsKept(DataType datatype, Map<String, Object> parameters) {
    long seed = System.nanoTime();
    var tensors = new RandomTensors(seed);
    for (int round = 0; round < ROUNDS; round++) {
      var tensor = tensors.next("x", datatype);
      var written =
          InferResponseWriter.write(
              new InferAnswer(
                  new EndpointName("m"),
                  new VersionId(new ModelName("m"), 1),
                  new InferRequest("i", parameters, List.of(), List.of()),
                  List.of(tensor),
                  "p"));
      assertThat(back(written, tensor))
          .as("seed %d, round %d: %s", seed, round, tensor)
          .isEqualTo(tensor);
    }
  }

  /** The outputs of the answer as the inputs of a request. */
  private static Tensor back(InferResponseWriter.Body written, Tensor tensor) {
    int length = written.binary() ? written.jsonLength() : written.bytes().length;
    var answer =
        (ObjectNode) Json.parse(new String(written.bytes(), 0, length, StandardCharsets.UTF_8));
    answer.set("inputs", answer.remove("outputs"));
    var json = Json.write(answer).getBytes(StandardCharsets.UTF_8);
    var body = Arrays.copyOf(json, json.length + written.bytes().length - length);
    System.arraycopy(written.bytes(), length, body, json.length, body.length - json.length);
    var signature =
        new Signature(List.of(new Field("x", tensor.datatype(), List.of(), true)), List.of());
    return InferRequestReader.read(body, String.valueOf(json.length), signature)
        .inputs()
        .getFirst();
  }
}
