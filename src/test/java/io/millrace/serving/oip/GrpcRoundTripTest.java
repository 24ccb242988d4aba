package io.millrace.serving.oip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.millrace.base.Failure;
import io.millrace.base.InvalidInput;
import io.millrace.models.DataType;
import io.millrace.models.Field;
import io.millrace.models.Signature;
import io.millrace.models.Tensor;
import io.millrace.registry.ModelName;
import io.millrace.registry.VersionId;
import io.millrace.serving.EndpointName;
import io.millrace.serving.InferAnswer;
import io.millrace.serving.InferRequest;
import io.millrace.serving.oip.proto.InferTensorContents;
import io.millrace.serving.oip.proto.ModelInferRequest;
import io.millrace.serving.oip.proto.ModelInferResponse;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What is written as an answer over gRPC, sent back as a request, is the same tensor to the bit.
 */
class GrpcRoundTripTest {
  private static final int ROUNDS = 500;

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"FP16", "BF16"})
  void typedContentsKeepEveryTensor(DataType datatype) {
    everyTensorIsKept(datatype, Map.of(Parameters.BINARY_DATA_OUTPUT, false));
  }

  @ParameterizedTest
  @EnumSource(DataType.class)
  void rawContentsKeepEveryTensor(DataType datatype) {
    everyTensorIsKept(datatype, Map.of());
  }

  private static void everyTensorIsKept(DataType datatype, Map<String, Object> parameters) {
    long seed = System.nanoTime();
    var tensors = new RandomTensors(seed);
    for (int round = 0; round < ROUNDS; round++) {
      var tensor = tensors.next("x", datatype);
      var request = request(answer(parameters, tensor));
      var read = GrpcRequests.read(request.build(), signature(datatype), -1);
      assertThat(read.inputs()).as("seed %d, round %d", seed, round).containsExactly(tensor);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FP16", "BF16"})
  void halfNumbersAreRefusedAsTypedContents(DataType datatype) {
    var tensor = new Tensor("x", datatype, new long[] {1}, new short[] {1});
    assertThatThrownBy(() -> answer(Map.of(Parameters.BINARY_DATA_OUTPUT, false), tensor))
        .isInstanceOf(InvalidInput.class)
        .hasMessageContaining("has no typed contents");
    var request = request(answer(Map.of(), tensor)).clearRawInputContents().build();
    assertThatThrownBy(() -> GrpcRequests.read(request, signature(datatype), -1))
        .hasMessage(
            "input \"x\": %s has no typed contents: send it as raw_input_contents", datatype);
  }

  @Test
  void contentsThatContradictTheirTensorAreRefused() {
    refused(
        request(answer(Map.of(), Tensor.of("x", 1L)))
            .addRawInputContents(ByteString.copyFromUtf8("12345678")),
        "raw_input_contents has 2 elements, expected one for each of the 1 inputs");
    var both = request(answer(Map.of(), Tensor.of("x", 1L)));
    both.getInputsBuilder(0).setContents(InferTensorContents.newBuilder().addInt64Contents(1));
    refused(both, "input \"x\" has contents and raw_input_contents: expected one of them");
    var other = request(answer(Map.of(Parameters.BINARY_DATA_OUTPUT, false), Tensor.of("x", 1L)));
    other.getInputsBuilder(0).getContentsBuilder().addFp32Contents(1);
    refused(other, "input \"x\": its contents hold fields of other datatypes than INT64");
    var few = request(answer(Map.of(Parameters.BINARY_DATA_OUTPUT, false), Tensor.of("x", 1L)));
    few.getInputsBuilder(0).setShape(0, 2);
    refused(few, "input \"x\": got 1 elements, expected 2 for shape [2]");
    refused(
        ModelInferRequest.newBuilder(),
        "the request has no inputs, expected \"x\" (INT64, shape []");
    var negative = request(answer(Map.of(), Tensor.of("x", 1L)));
    negative.getInputsBuilder(0).setShape(0, -1);
    refused(negative, "input \"x\": shape: got -1, expected sizes of 0 or more");
  }

  @Test
  void theDeadlineOfTheCallIsItsTimeoutUnlessItNamesAnEarlierOne() {
    var request = request(answer(Map.of(), Tensor.of("x", 1L)));
    assertThat(GrpcRequests.read(request.build(), signature(DataType.INT64), 500).parameters())
        .containsEntry("timeout", 500L);
    request.putParameters(
        "timeout",
        io.millrace.serving.oip.proto.InferParameter.newBuilder().setInt64Param(20).build());
    assertThat(GrpcRequests.read(request.build(), signature(DataType.INT64), 500).parameters())
        .containsEntry("timeout", 20L);
  }

  @Test
  void anyChangedByteIsReadOrRefusedButNeverAFault() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var good =
        request(answer(Map.of(), Tensor.of("x", "Rome", "è")))
            .putParameters("timeout", GrpcAnswers.flag(true))
            .build()
            .toByteArray();
    for (int round = 0; round < 20_000; round++) {
      var bytes = good.clone();
      for (int change = random.nextInt(3); change >= 0; change--)
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      try {
        GrpcRequests.read(
            GrpcMethods.parse(ModelInferRequest.parser(), bytes), signature(DataType.BYTES), -1);
      } catch (Failure e) {
        assertThat(e.getMessage()).isNotBlank();
      } catch (RuntimeException e) {
        throw new AssertionError("seed %d, round %d".formatted(seed, round), e);
      }
    }
  }

  private static void refused(ModelInferRequest.Builder request, String message) {
    assertThatThrownBy(() -> GrpcRequests.read(request.build(), signature(DataType.INT64), -1))
        .isInstanceOf(InvalidInput.class)
        .hasMessageStartingWith(message);
  }

  private static Signature signature(DataType datatype) {
    return new Signature(List.of(new Field("x", datatype, List.of(), true)), List.of());
  }

  private static ModelInferResponse answer(Map<String, Object> parameters, Tensor tensor) {
    return GrpcAnswers.write(
            new InferAnswer(
                new EndpointName("m"),
                new VersionId(new ModelName("m"), 1),
                new InferRequest("i", parameters, List.of(), List.of()),
                List.of(tensor),
                "p"))
        .build();
  }

  private static ModelInferRequest.Builder request(ModelInferResponse answer) {
    var request =
        ModelInferRequest.newBuilder().addAllRawInputContents(answer.getRawOutputContentsList());
    for (var output : answer.getOutputsList()) {
      var input =
          request
              .addInputsBuilder()
              .setName(output.getName())
              .setDatatype(output.getDatatype())
              .addAllShape(output.getShapeList());
      if (output.hasContents()) input.setContents(output.getContents());
    }
    return request;
  }
}
